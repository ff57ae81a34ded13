// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { createNotes } from '../../src/platform/note.ts';
import { openRoot } from '../../src/platform/root-fs.ts';
import { readVfioNoIommu } from '../../src/platform/vfio.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

const parameter = 'sys/module/vfio/parameters/enable_unsafe_noiommu_mode';

it.each<[string, Tree, boolean | null]>([
  ['switched on', { [parameter]: 'Y\n' }, true],
  ['off', { [parameter]: 'N\n' }, false],
  ['not part of the kernel', { 'sys/module/vfio/initstate': 'live\n' }, false],
  ['unknown without VFIO', { sys: null }, null],
  ['off when what is said is not understood', { [parameter]: 'maybe\n' }, false],
])('the no-IOMMU mode of VFIO is %s', (_, tree, expected) => {
  const { evidence, note } = createNotes();
  expect(withTree(tree, (root) => readVfioNoIommu(openRoot(root), note))).toBe(expected);
  expect(evidence.map(({ source }) => source)).toEqual([`/${parameter}`]);
});
