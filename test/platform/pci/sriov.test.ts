// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { readSriov } from '../../../src/platform/pci/sriov.ts';
import { openRoot } from '../../../src/platform/root-fs.ts';
import { type Tree, withTree } from '../../fixtures/tree.ts';

const none = { vfOffset: null, vfStride: null, vfDevice: null };
const igb = { sriov_totalvfs: '7\n', sriov_numvfs: '2\n', sriov_offset: '128\n', sriov_stride: '2\n' };

it.each<[string, Tree, object | null]>([
  ['no SR-IOV', { vendor: '0x8086\n' }, null],
  [
    'a physical function',
    { ...igb, sriov_vf_device: '10ca\n' },
    { totalVfs: 7, numVfs: 2, isVf: false, pf: null, vfOffset: 128, vfStride: 2, vfDevice: '10ca' },
  ],
  ['an id with leading zeros', { ...igb, sriov_vf_device: 'ca\n' }, { vfDevice: '00ca' }],
  ['an id that is none', { ...igb, sriov_vf_device: '12345\n' }, { vfDevice: null }],
  ['a kernel before 4.14', { sriov_totalvfs: '7\n' }, { totalVfs: 7, numVfs: 0, isVf: false, pf: null, ...none }],
  [
    'a virtual function',
    { physfn: { to: '../0000:17:00.0' } },
    { totalVfs: 0, numVfs: 0, isVf: true, pf: '0000:17:00.0', ...none },
  ],
  ['a virtual function with a strange parent', { physfn: { to: '../x' } }, { isVf: true, pf: null }],
])('reads %s', (_, files, expected) => {
  const tree = Object.fromEntries(Object.entries(files).map(([name, content]) => [`dev/${name}`, content]));
  const sriov = withTree(tree, (root) => readSriov(openRoot(root), 'dev'));
  if (expected === null) expect(sriov).toBeNull();
  else expect(sriov).toMatchObject(expected);
});
