// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRoot, openWalking, type RootFs } from '../../../src/platform/root-fs.ts';
import { createMemoryTree, type MemoryTree } from '../../../src/platform/tree/memory-tree.ts';
import { resolvePath } from '../../../src/platform/tree/resolve-path.ts';
import { type Tree, withTree } from '../../fixtures/tree.ts';

function memory(tree: Tree): MemoryTree {
  const made = createMemoryTree();
  for (const [path, entry] of Object.entries(tree)) {
    if (entry === null) made.put(path, { kind: 'directory' });
    else if (typeof entry === 'string') made.put(path, { kind: 'file', bytes: Buffer.from(entry) });
    else made.put(path, { kind: 'link', target: entry.to });
  }
  return made;
}

const opened = (tree: Tree): RootFs => openWalking(memory(tree), { root: 'memory', live: false, told: null });

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const target = fc
  .array(fc.constantFrom('a', 'b', 'c', '.', '..', ''), { maxLength: 5 })
  .map((parts) => parts.join('/'));
const entry = fc.oneof(
  fc.constant(null),
  fc.constantFrom('x', ' y\n'),
  target.filter((to) => to !== '').map((to) => ({ to })),
);

/** Only what a disk takes too: no entry below a file or a link. */
const trees = fc.array(fc.tuple(path, entry), { maxLength: 8 }).map((entries) => {
  const kept: Record<string, Tree[string]> = {};
  for (const [at, what] of entries) {
    const clash = Object.entries(kept).some(
      ([other, there]) => other === at || other.startsWith(`${at}/`) || (at.startsWith(`${other}/`) && there !== null),
    );
    if (!clash) kept[at] = what;
  }
  return kept;
});

it('answers as the same files on a disk', () => {
  const question = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.', ''), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(trees, fc.array(question, { minLength: 5, maxLength: 20 }), (tree, questions) => {
      const answers = (fs: RootFs) =>
        questions.map((parts) => {
          const at = parts.join('/');
          return [
            at,
            fs.read(at),
            fs.list(at),
            fs.exists(at),
            fs.linkTarget(`${at}/x`),
            fs.linkTarget(at.replace(/[/.]+$/, 'a')),
          ];
        });
      expect(answers(opened(tree))).toEqual(withTree(tree, (root) => answers(openRoot(root))));
    }),
    { numRuns: 150, seed: 20191121 },
  );
});

describe('resolving links', () => {
  it('stays below the root, and gives up on loops', () => {
    const tree = memory({
      'a/up': { to: '../../../../b' },
      b: 'x',
      'a/loop': { to: 'loop2' },
      'a/loop2': { to: 'loop' },
    });
    expect(resolvePath(tree, 'a/up')).toBe('b');
    expect(resolvePath(tree, '../../b')).toBe('b');
    expect(resolvePath(tree, 'a/loop')).toBeNull();
  });

  it('ends for links that grow at each step', () => {
    const tree = createMemoryTree();
    tree.put('x', { kind: 'link', target: `${'x/'.repeat(2000)}x` });
    expect(resolvePath(tree, 'x')).toBeNull();
  });
});

describe('putting an entry', () => {
  it('makes the directories above it', () => {
    const tree = memory({ 'sys/class/net/eth0/address': 'x' });
    expect(tree.list('sys/class')).toEqual(['net']);
    expect(tree.put('sys/class', { kind: 'directory' })).toBe('put');
  });

  it.each([
    ['sys/file', 'taken'],
    ['sys/file/below', 'blocked'],
    ['sys/dir', 'taken'],
    ['', 'unnameable'],
    ['/abs', 'unnameable'],
    ['a//b', 'unnameable'],
    ['a/../b', 'unnameable'],
    ['a\0b', 'unnameable'],
    ['d/'.repeat(200).slice(0, -1), 'unnameable'],
    ['x'.repeat(5000), 'unnameable'],
  ])('%j is %s', (at, result) => {
    const tree = memory({ 'sys/file': 'x', 'sys/dir/x': 'x' });
    expect(tree.put(at, { kind: 'file', bytes: Buffer.from('y') })).toBe(result);
    expect(Buffer.from(tree.read('sys/file', 9)?.bytes ?? '').toString()).toBe('x');
  });

  it('goes through the links on the way where it is told to, and not through broken ones', () => {
    const tree = memory({
      'sys/class/eth0': { to: '../devices/eth0' },
      'sys/devices/eth0': null,
      'sys/gone': { to: 'nowhere' },
    });
    expect(tree.putBehindLinks('sys/class/eth0/deep/address', { kind: 'file', bytes: Buffer.from('x') })).toBe('put');
    expect(tree.kind('sys/devices/eth0/deep/address')).toBe('file');
    expect(tree.putBehindLinks('sys/gone/x', { kind: 'directory' })).toBe('blocked');
  });
});
