// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePciUevent, readFunctionIdentity } from '../../../src/platform/pci/function-identity.ts';
import { openRoot } from '../../../src/platform/root-fs.ts';
import { type Tree, withTree } from '../../fixtures/tree.ts';

const dir = 'sys/bus/pci/devices/0000:05:00.0';
const uevent = 'DRIVER=ice\nPCI_CLASS=20000\nPCI_ID=8086:159B\nPCI_SUBSYS_ID=15D9:1C69\nPCI_SLOT_NAME=0000:05:00.0\n';
const identity = { vendor: '8086', device: '159b', subsystemVendor: '15d9', subsystemDevice: '1c69', class: '020000' };
const files = {
  [`${dir}/class`]: '0x020000\n',
  [`${dir}/vendor`]: '0x8086\n',
  [`${dir}/device`]: '0x159b\n',
  [`${dir}/subsystem_vendor`]: '0x15d9\n',
  [`${dir}/subsystem_device`]: '0x1c69\n',
};

function read(tree: Tree) {
  const missing: string[] = [];
  const verdict = withTree({ 'proc/version': '', ...tree }, (root) =>
    readFunctionIdentity(openRoot(root), dir, (claim) => missing.push(claim)),
  );
  return { verdict, missing };
}

describe('a PCI function', () => {
  it.each<[string, Tree]>([
    ['its uevent', { [`${dir}/uevent`]: uevent }],
    ['a file for each fact, where there is no uevent', files],
    ['the files, where the uevent says too little', { ...files, [`${dir}/uevent`]: 'PCI_CLASS=20000\n' }],
  ])('is known by %s', (_what, tree) => {
    expect(read(tree)).toEqual({ verdict: { isNic: true, identity }, missing: [] });
  });

  it.each<[string, Tree]>([
    ['in its uevent', { [`${dir}/uevent`]: uevent.replace('=20000', '=10802') }],
    ['in a file', { ...files, [`${dir}/class`]: '0x010802\n' }],
  ])('of another class is no NIC: %s', (_what, tree) => {
    expect(read(tree)).toEqual({ verdict: { isNic: false }, missing: [] });
  });

  it('without a class is none, and that is noted', () => {
    expect(read({ [`${dir}/vendor`]: '0x8086\n' })).toEqual({
      verdict: { isNic: false },
      missing: ['pci 0000:05:00.0 class'],
    });
  });

  it('without ids is a NIC that nothing is known of', () => {
    expect(read({ [`${dir}/class`]: '0x020000\n' }).verdict).toEqual({ isNic: true, identity: null });
  });
});

it('any uevent gives a whole identity or none', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom(...uevent.split('\n')),
        fc.nat(120).map((cut) => uevent.slice(0, cut)),
      ),
      (text) => {
        const found = parsePciUevent(text);
        if (found !== null) expect(Object.values(found).every((value) => /^[0-9a-f]{4,6}$/.test(value))).toBe(true);
      },
    ),
    { seed: 20191121 },
  );
  expect(parsePciUevent(uevent.replace('PCI_CLASS=20000', 'PCI_CLASS=28000'))?.class).toBe('028000');
});
