// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

const groupsDir = 'sys/kernel/iommu_groups';
const classDir = 'sys/class/iommu';

/**
 * Whether an IOMMU isolates devices, and in how many groups. VFIO's no-IOMMU mode makes groups too, named
 * `vfio-noiommu`, which isolate nothing and are not counted.
 */
export function readIommu(fs: RootFs, note: Note): NodeFacts['iommu'] {
  // Where VFIO is not, no group is of its making, and hundreds of names need not be read.
  const mayBeVfio = fs.exists('sys/module/vfio') || fs.exists('sys/class/vfio');
  const groups = fs
    .list(groupsDir)
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => !mayBeVfio || fs.readText(`${groupsDir}/${name}/name`) !== 'vfio-noiommu');
  note('iommu groups', groupsDir, fs.exists(groupsDir) ? groups.length : null);
  const units = fs.list(classDir);
  note('iommu units', classDir, units.length === 0 ? null : units.join(' '));
  return { enabled: groups.length > 0, groups: groups.length };
}
