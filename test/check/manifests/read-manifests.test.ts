// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../src/check/manifests/read-manifests.ts';
import { withTreeAsync } from '../tree-async.ts';

const tree = {
  'm/b.yml': 'kind: B\n',
  'm/a.yaml': 'kind: A\n',
  'm/deep/c.json': '{}',
  'm/notes.txt': 'no manifest',
  'm/.git/d.yaml': 'hidden',
  'm/round': { to: '..' },
  'empty/notes.txt': '',
};

describe('the manifests that are named', () => {
  it('are files, and all in a folder, in the order of their names', async () => {
    await withTreeAsync(tree, async (root) => {
      expect(await readManifests(['m/b.yml', 'm'], root, [])).toEqual([
        { name: 'm/b.yml', text: 'kind: B\n' },
        { name: 'm/a.yaml', text: 'kind: A\n' },
        { name: 'm/b.yml', text: 'kind: B\n' },
        { name: 'm/deep/c.json', text: '{}' },
      ]);
      expect(await readManifests([`${root}/m/notes.txt`], '/', [])).toMatchObject([{ text: 'no manifest' }]);
    });
  });

  it('are what comes from standard input', async () => {
    expect(await readManifests(['-'], '/', [Buffer.from('kind: '), 'A\n'])).toEqual([
      { name: 'stdin', text: 'kind: A\n' },
    ]);
    const endless = (function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    })();
    await expect(readManifests(['-'], '/', endless)).rejects.toMatchObject({ code: 'VDPA-CHECK-001' });
  });

  it.each([
    ['gone.yaml', /ENOENT/],
    ['empty', /no \.yaml/],
  ])('are refused: %s', async (path, why) => {
    await withTreeAsync(tree, async (root) => {
      await expect(readManifests([path], root, [])).rejects.toThrow(
        expect.objectContaining({ code: 'VDPA-CHECK-001', where: path, message: expect.stringMatching(why) }),
      );
    });
  });
});
