// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeReportSchema } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { junk } from '../fixtures/junk.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { type Link, type Tree, withTree } from '../fixtures/tree.ts';

/** A test run tries the same damage each time; `VDPACTL_FUZZ=5000` tries that many others. */
function rounds(usual: number): { numRuns: number; seed?: number } {
  const wanted = Number(process.env['VDPACTL_FUZZ'] ?? 0);
  return wanted > 0 ? { numRuns: wanted } : { numRuns: usual, seed: 20191121 };
}

/** What may happen to a file or a link of a tree on its way; `null` removes it, and a directory with all below it. */
const damage = fc.oneof(
  fc.constant(null),
  fc.constant(''),
  junk,
  fc.constant('x'.repeat(100_000)),
  fc.constantFrom<Link>(
    { to: '.' },
    { to: '/' },
    { to: '..' },
    { to: '/etc/passwd' },
    { to: 'gone' },
    { to: '../../../..' },
  ),
  fc.nat(200).map((length) => ({ cutAt: length })),
  fc.constant('directory' as const),
);

const hits = (count: number) =>
  fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(8), damage), { maxLength: count });

/** The tree after some of its paths, or directories above them, were hit. */
function damaged(
  tree: Tree,
  all: readonly (readonly [where: number, depth: number, how: unknown])[],
  below = '',
): Tree {
  let entries = Object.entries(tree);
  for (const [where, depth, how] of all) {
    const targets = entries.filter(([path]) => path.startsWith(below));
    const target = targets[Math.floor(where * (targets.length - 1))];
    if (target === undefined) continue;
    const [path, content] = target;
    // Mostly a file itself, sometimes a directory high above it.
    const parts = path.split('/');
    const at = depth > 1 && depth < parts.length ? parts.slice(0, depth).join('/') : path;
    entries = entries.filter(([key]) => key !== at && !key.startsWith(`${at}/`));
    if (how === null) continue;
    if (how === 'directory') entries.push([`${at}/inside`, 'x']);
    else if (typeof how === 'string') entries.push([at, how]);
    else if (typeof how === 'object' && 'to' in how) entries.push([at, { to: String(how.to) }]);
    else if (typeof how === 'object' && 'cutAt' in how && typeof content === 'string' && at === path) {
      entries.push([at, content.slice(0, Number(how.cutAt))]);
    }
  }
  return Object.fromEntries(entries);
}

it('a damaged tree never crashes the probe, and the report always has its shape', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(allNodes)), hits(12), (tree, all) => {
      withTree(damaged(tree, all), (root) => {
        try {
          nodeReportSchema.parse(probe({ root }));
        } catch (error) {
          // No system, or a capture that is told to be damaged.
          expect(error).toMatchObject({ code: expect.stringMatching(/^VDPA-(?:PLATFORM-001|BUNDLE-002)$/) });
        }
      });
    }),
    rounds(60),
  );
}, 600_000);

it('a NIC with an address is never free to take, whatever one accident did to sys and one to proc', () => {
  const addressed = Object.values(allNodes).filter((tree) => uplinksOf(tree).length > 0);
  fc.assert(
    fc.property(fc.constantFrom(...addressed), hits(1), hits(1), (tree, inSys, inProc) => {
      const hurt = damaged(damaged(tree, inSys, 'sys/'), inProc, 'proc/');
      const free = withTree(hurt, (root) => reportOrNull(root)?.nics.filter(({ uplink }) => !uplink) ?? []);
      const freed = free.map(({ pciAddress }) => pciAddress).filter((address) => uplinksOf(tree).includes(address));
      expect(freed).toEqual([]);
    }),
    rounds(100),
  );
}, 600_000);

const uplinksByTree = new Map<Tree, string[]>();

function uplinksOf(tree: Tree): string[] {
  const known = uplinksByTree.get(tree);
  if (known !== undefined) return known;
  const uplinks = withTree(tree, (root) =>
    probe({ root })
      // A physical function that is one only for its virtual function loses that reason when the function itself is lost.
      .nics.filter(({ uplinkReasons }) => uplinkReasons.some((reason) => !reason.startsWith('its virtual function')))
      .map(({ pciAddress }) => pciAddress),
  );
  uplinksByTree.set(tree, uplinks);
  return uplinks;
}

function reportOrNull(root: string) {
  try {
    return probe({ root });
  } catch {
    return null;
  }
}
