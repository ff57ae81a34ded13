// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import { writeOr } from './kernel-says.ts';
import { already, type StepWork, undone } from './step-work.ts';

const path = 'sys/module/vfio/parameters/enable_unsafe_noiommu_mode';

const failure = {
  code: 'VDPA-NODE-003',
  where: `/${path}`,
  what: 'VFIO takes no devices without an IOMMU',
  next: "switch the IOMMU on (in the firmware, and intel_iommu=on or amd_iommu=on on the kernel's command line), or use a kernel with CONFIG_VFIO_NOIOMMU",
} as const;

export const enableNoIommu: StepWork<'enable-noiommu'> = {
  async look(_step, system) {
    const before = system.readText(path);
    if (before === 'Y') return null;
    if (before === null) {
      throw new VdpaError(failure.code, `${failure.what}: it was built without that mode`, {
        where: failure.where,
        next: failure.next,
      });
    }
    return { kind: 'enable-noiommu', before };
  },

  async carryOut(_step, system) {
    await writeOr(system, path, 'Y', failure);
  },

  async undo({ before }, system) {
    const now = system.readText(path);
    if (now === null || now === before) return already();
    await writeOr(system, path, before, failure);
    return undone;
  },
};
