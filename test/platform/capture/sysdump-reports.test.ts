// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestFile, reportsFile, sysdumpReports } from '../../../src/platform/capture/sysdump-reports.ts';
import { pack } from '../../../src/platform/capture/tar.ts';

async function archive(entries: readonly (readonly [name: string, text: string])[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of entries) tar.entry({ name }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  return gzipSync(Buffer.concat(chunks));
}

const manifest = [manifestFile, '{}'] as const;

describe('sysdumpReports', () => {
  it('finds the reports between whatever else there is', async () => {
    const packed = await archive([
      manifest,
      ['nodes/a.json', 'x'.repeat(100_000)],
      [reportsFile, '{"nodes":[]}'],
      ['z', ''],
    ]);
    expect(await sysdumpReports(packed, 'a.tgz')).toBe('{"nodes":[]}');
  });

  it.each([
    ['a captured machine', [['sys/a', '']]],
    [
      'one that only has a file of that name',
      [
        ['a', ''],
        [manifestFile, ''],
        [reportsFile, '{}'],
      ],
    ],
    ['nothing', []],
  ] as const)('is null for an archive of %s', async (_what, entries) => {
    expect(await sysdumpReports(await archive(entries), 'a.tgz')).toBeNull();
  });

  it('says that there is no report', async () => {
    const error = { code: 'VDPA-BUNDLE-003', where: 'a.tgz' };
    await expect(sysdumpReports(await archive([manifest]), 'a.tgz')).rejects.toMatchObject(error);
    const large = randomBytes(100_000).toString('base64');
    const cut = (await archive([manifest, ['a', large], [reportsFile, '{}']])).subarray(0, 50_000);
    await expect(sysdumpReports(cut, 'a.tgz')).rejects.toMatchObject(error);
  });

  it('takes any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isPacked) => {
        const packed = isPacked ? gzipSync(bytes) : bytes;
        expect(await sysdumpReports(packed, 'a.tgz')).toBeNull();
      }),
      { numRuns: 50 },
    );
  });
});
