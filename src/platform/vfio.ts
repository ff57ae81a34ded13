// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

const moduleDir = 'sys/module/vfio';
const parameter = `${moduleDir}/parameters/enable_unsafe_noiommu_mode`;

/** Whether VFIO hands out devices that no IOMMU isolates. A kernel built without that mode has no such parameter. */
export function readVfioNoIommu(fs: RootFs, note: Note): NodeFacts['vfioNoIommu'] {
  const text = fs.readText(parameter);
  note('vfio no-IOMMU mode', parameter, text);
  if (text === 'Y' || text === '1') return true;
  if (text === 'N' || text === '0') return false;
  return fs.exists(moduleDir) ? false : null;
}
