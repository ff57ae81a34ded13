// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { replay } from '../../../src/platform/capture/load-reports.ts';
import { captureProbe } from '../../../src/platform/capture/save.ts';
import { type NodeReport, nodeReportSchema } from '../../../src/platform/node-report.ts';
import { probe } from '../../../src/platform/probe.ts';
import { allNodes } from '../../fixtures/nodes.ts';
import { withTree } from '../../fixtures/tree.ts';

/** A test run tries the same damage each time; `VDPACTL_FUZZ=5000` tries that many others. */
const fuzz = Number(process.env['VDPACTL_FUZZ'] ?? 0);
const rounds = (usual: number) => (fuzz > 0 ? { numRuns: fuzz } : { numRuns: usual, seed: 20191121 });

interface Capture {
  readonly packed: Buffer;
  readonly uplinks: readonly string[];
}

const captures: Capture[] = [];

beforeAll(async () => {
  for (const tree of Object.values(allNodes)) {
    // Everything is read before the first wait, and the tree may go.
    const captured = withTree(tree, (root) => ({ report: probe({ root }), archive: captureProbe({ root }) }));
    captures.push(captureOf({ report: captured.report, archive: (await captured.archive).archive }));
  }
  captures.push(captureOf(await captureProbe({})));
});

function captureOf({ report, archive }: { report: NodeReport; archive: Uint8Array }): Capture {
  return { packed: Buffer.from(archive), uplinks: certainUplinks(report) };
}

/** With an address, so that no single accident can hide what it is. */
function certainUplinks({ nics }: NodeReport): string[] {
  return nics
    .filter(({ uplinkReasons }) => uplinkReasons.some((why) => / has the address/.test(why)))
    .map(({ pciAddress }) => pciAddress);
}

/** The report, or null for what is refused; anything but an error of ours is a fault. */
async function reportOrNull(packed: Uint8Array): Promise<NodeReport | null> {
  try {
    return nodeReportSchema.parse(await replay(packed, 'x'));
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^VDPA-BUNDLE-00[12]$/) });
    return null;
  }
}

// Doubles by themselves are mostly next to nothing.
const where = fc.nat(99_999).map((part) => part / 100_000);
const which = fc.nat().map((at) => captures[at % captures.length] ?? { packed: Buffer.alloc(0), uplinks: [] });

it('bytes that were changed, lost or doubled in the archive crash nothing', async () => {
  const damage = fc.array(fc.tuple(where, fc.constantFrom('flip', 'cut', 'double'), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(which, damage, async ({ packed }, all) => {
      const damaged = all.reduce<Buffer>(
        (bytes, [at, how, value]) => hit(bytes, Math.floor(at * bytes.length), how, value),
        packed,
      );
      await reportOrNull(damaged);
    }),
    rounds(40),
  );
}, 600_000);

it('nor do they in a header or the content of a file, and they never free an uplink', async () => {
  await fc.assert(
    fc.asyncProperty(
      which,
      where,
      where,
      fc.integer({ min: 1, max: 255 }),
      async ({ packed, uplinks }, file, at, value) => {
        const entries = entriesOf(gunzipSync(packed));
        const files = entries.filter((entry) => entry.length > 512);
        const hurt = files[Math.floor(file * files.length)];
        if (hurt === undefined) return;
        // Seldom in the header, which has a check sum.
        const index =
          at < 0.05 ? Math.floor(at * 20 * 511) : Math.min(512 + Math.floor(at * contentLength(hurt)), hurt.length - 1);
        hurt[index] = (hurt[index] ?? 0) ^ value;
        expectNoneFreed(
          await reportOrNull(gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]), { level: 1 })),
          uplinks,
        );
      },
    ),
    rounds(120),
  );
}, 600_000);

it('nor does an archive of which an entry is missing or that comes in another order', async () => {
  await fc.assert(
    fc.asyncProperty(which, where, fc.boolean(), async ({ packed, uplinks }, gone, reversed) => {
      const entries = entriesOf(gunzipSync(packed));
      const kept = entries.filter((_, at) => at !== Math.floor(gone * (entries.length - 1)));
      const tar = Buffer.concat([...(reversed ? kept.reverse() : kept), Buffer.alloc(1024)]);
      expectNoneFreed(await reportOrNull(gzipSync(tar, { level: 1 })), uplinks);
    }),
    rounds(100),
  );
}, 600_000);

function expectNoneFreed(report: NodeReport | null, uplinks: readonly string[]): void {
  const free = report?.nics.filter(({ uplink }) => !uplink).map(({ pciAddress }) => pciAddress) ?? [];
  expect(free.filter((pciAddress) => uplinks.includes(pciAddress))).toEqual([]);
}

function contentLength(entry: Buffer): number {
  return Number.parseInt(entry.toString('latin1', 124, 135), 8) || 1;
}

function hit(bytes: Buffer, at: number, how: 'flip' | 'cut' | 'double', value: number): Buffer {
  if (how === 'cut') return bytes.subarray(0, at);
  if (how === 'double') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - value))]);
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (value | 1);
  return copy;
}

/** Header and content of each entry; a long name is an entry of its own and stays with the one that it names. */
function entriesOf(tar: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  let start = 0;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    const isLongName = tar[at + 156] === 'x'.charCodeAt(0);
    at += 512 + Math.ceil(size / 512) * 512;
    if (isLongName) continue;
    entries.push(tar.subarray(start, at));
    start = at;
  }
  return entries;
}
