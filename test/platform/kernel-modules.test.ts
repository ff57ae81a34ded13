// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModuleNames, parseProcModules, readModules } from '../../src/platform/kernel-modules.ts';
import { openRoot } from '../../src/platform/root-fs.ts';
import { junk } from '../fixtures/junk.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

it('reads the loaded modules, without those on their way out', () => {
  const text = 'vfio_pci 16384 0 - Live 0x0\nigb_uio 20480 0 - Unloading 0x0\n\nno/name 1\n';
  expect([...parseProcModules(text)]).toEqual(['vfio_pci']);
});

it('reads the names in modules.dep and modules.builtin', () => {
  const text = 'kernel/drivers/net/tun.ko.xz: a/b.ko.xz\nextra/igb-uio.ko:\nkernel/x.ko.zst\nnothing\nx.kod\n';
  expect([...parseModuleNames(text)]).toEqual(['tun', 'igb_uio', 'x']);
});

it('no parser of module lists throws', () => {
  const text = fc.oneof(junk, fc.stringMatching(/^([a-z/_-]{0,9}\.ko(\.xz)?:?[ \n]){0,5}$/));
  fc.assert(
    fc.property(text, (input) => {
      for (const name of [...parseProcModules(input), ...parseModuleNames(input)]) expect(name).toMatch(/^\w+$/);
    }),
  );
});

describe('the state of a module', () => {
  const dep = 'lib/modules/6.1.0/modules.dep';
  it.each<[string, Tree, string]>([
    ['loaded', { 'proc/modules': 'tun 1 0 - Live 0x0\n', [dep]: 'tun.ko:\n' }, '/proc/modules'],
    ['loaded', { 'sys/module/tun/initstate': 'live\n' }, '/sys/module/tun'],
    ['builtin', { 'lib/modules/6.1.0/modules.builtin': 'kernel/tun.ko\n' }, '/lib/modules/6.1.0/modules.builtin'],
    ['builtin', { 'sys/module/tun/parameters/x': '1\n' }, '/sys/module/tun'],
    ['builtin', { 'sys/class/misc/tun/dev': '10:200\n' }, '/sys/class/misc/tun'],
    ['available', { [dep]: 'kernel/drivers/net/tun.ko.xz:\n' }, `/${dep}`],
    ['available', { 'usr/lib/modules/6.1.0/modules.dep': 'tun.ko:\n', lib: { to: 'usr/lib' } }, `/${dep}`],
    ['missing', { [dep]: '' }, `/${dep}`],
    ['missing', {}, '/sys/module/tun'],
  ])('is %s with %j', (state, tree, source) => {
    withTree(tree, (root) => {
      const sources = new Map<string, string>();
      const modules = readModules(openRoot(root), '6.1.0', (claim, path) => sources.set(claim, `/${path}`));
      expect(modules['tun']).toBe(state);
      expect(sources.get('module tun')).toBe(source);
    });
  });

  it('looks nowhere for a kernel release that is a path', () => {
    withTree({ 'evil/modules.dep': 'tun.ko:\n' }, (root) => {
      expect(readModules(openRoot(root), '../../evil', () => {})['tun']).toBe('missing');
    });
  });
});
