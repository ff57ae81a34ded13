// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeManifestFolder } from '../../src/files/manifest-folder.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder } = scratch();
const readme = ['README.md', '# The stack\n\nmore\n'] as const;
const first = new Map([readme, ['1-namespace-a.yaml', 'a'], ['2-secret-b.yaml', 'b']]);
const second = new Map([readme, ['1-namespace-c.yaml', 'c']]);
let dir: string;

beforeEach(() => {
  dir = join(folder(), 'manifests');
});
const write = (files: ReadonlyMap<string, string>) => writeManifestFolder(dir, 'manifests', files);

describe('a folder of manifests', () => {
  it('holds just the files of the last run', () => {
    write(first);
    write(second);
    expect(readdirSync(dir)).toEqual(['1-namespace-c.yaml', 'README.md']);
    expect(readFileSync(join(dir, '1-namespace-c.yaml'), 'utf8')).toBe('c');
  });

  it('may be there, empty', () => {
    mkdirSync(dir);
    write(first);
    expect(readdirSync(dir)).toHaveLength(3);
  });

  it.each<[string, () => void]>([
    ['something else', () => writeFileSync(join(dir, 'mine.txt'), 'keep')],
    ['manifests of somebody else', () => writeFileSync(join(dir, '1-namespace-z.yaml'), 'keep')],
    ['a README.md of somebody else', () => writeFileSync(join(dir, 'README.md'), '# Mine\n')],
  ])('that holds %s is left as it is', (_what, put) => {
    mkdirSync(dir);
    put();
    const before = readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]);
    expect(() => write(first)).toThrow(expect.objectContaining({ code: 'VDPA-CONFIG-004', where: 'manifests' }));
    expect(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')])).toEqual(before);
  });

  it('is no file', () => {
    writeFileSync(dir, 'keep');
    expect(() => write(first)).toThrow(expect.objectContaining({ code: 'VDPA-CONFIG-004' }));
  });

  it('that cannot be made says why', () => {
    writeFileSync(dir, 'a file');
    expect(() => writeManifestFolder(join(dir, 'below', 'more'), 'manifests/below/more', first)).toThrow(
      expect.objectContaining({ code: 'VDPA-CONFIG-005' }),
    );
  });
});
