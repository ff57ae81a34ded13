// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryTree, type MemoryEntry } from '../../../src/platform/tree/memory-tree.ts';
import { createResolver, resolvePath } from '../../../src/platform/tree/resolve-path.ts';

function treeOf(entries: Readonly<Record<string, string | null>>) {
  const tree = createMemoryTree();
  for (const [path, target] of Object.entries(entries)) {
    const entry: MemoryEntry = target === null ? { kind: 'file', bytes: new Uint8Array() } : { kind: 'link', target };
    tree.put(path, entry);
  }
  return tree;
}

const sysfs = treeOf({
  'sys/devices/pci0000:00/0000:00:05.0/vendor': null,
  'sys/devices/pci0000:00/0000:00:05.0/driver': '../../../bus/pci/drivers/ena',
  'sys/bus/pci/drivers/ena/bind': null,
  'sys/bus/pci/devices/0000:00:05.0': '../../../devices/pci0000:00/0000:00:05.0',
  'sys/class/net/eth0': '/sys/bus/pci/devices/0000:00:05.0',
  'sys/self': '.',
  'sys/loop': 'loop',
  'sys/ping': 'pong',
  'sys/pong': 'ping/x',
  'sys/out': '../../../../etc/passwd',
  'sys/zigzag': 'bus/../devices/./pci0000:00',
});

it.each([
  ['sys/bus/pci/devices/0000:00:05.0/vendor', 'sys/devices/pci0000:00/0000:00:05.0/vendor'],
  ['sys/bus/pci/devices/0000:00:05.0/driver/bind', 'sys/bus/pci/drivers/ena/bind'],
  ['sys/class/net/eth0/vendor', 'sys/devices/pci0000:00/0000:00:05.0/vendor'],
  ['sys/zigzag/0000:00:05.0/vendor', 'sys/devices/pci0000:00/0000:00:05.0/vendor'],
  ['sys/self/self/bus', 'sys/bus'],
  ['sys/bus/pci/devices/0000:00:05.0/vendor/x', null],
  ['sys/loop', null],
  ['sys/ping', null],
  ['sys/out', null],
  ['sys/nothing/here', null],
  ['', ''],
  ['/sys//bus/.', 'sys/bus'],
])('%s is at %s', (path, expected) => {
  expect(resolvePath(sysfs, path)).toBe(expected);
  const resolve = createResolver(sysfs);
  // What was found is kept: the second answer is that of the first.
  expect([resolve(path), resolve(path)]).toEqual([expected, expected]);
});

it('resolves a path of any depth and a chain of any length without running out of stack', () => {
  const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`l${at}`, `l${at + 1}`]));
  const resolve = createResolver(treeOf({ ...chain, 'a/deep': `${'../a/'.repeat(700)}b`, 'a/b': null }));
  expect(resolve('l0')).toBeNull();
  expect(resolve('a/deep')).toBe('a/b');
  expect(resolve('a/'.repeat(5000))).toBeNull();
});

const name = fc.constantFrom('a', 'b', 'c');
const part = fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom('.', '..', ''));
const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
const realPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

it('answers as the resolver that keeps nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(realPath, fc.option(path)), { maxLength: 12 }),
      fc.array(path, { minLength: 1, maxLength: 12 }),
      (entries, asked) => {
        const tree = treeOf(Object.fromEntries(entries));
        const resolve = createResolver(tree);
        for (const one of asked) expect(resolve(one)).toBe(resolvePath(tree, one));
      },
    ),
    { numRuns: 2000 },
  );
});
