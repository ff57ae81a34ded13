// SPDX-License-Identifier: Apache-2.0
import type { Nic } from '../platform/node-report.ts';
import type { NodeCheckFacts } from './facts.ts';

/** The Linux release that brought a module. */
export const oldestKernel: Readonly<Record<string, readonly [number, number]>> = {
  vhost_vdpa: [5, 7],
  ifcvf: [5, 7],
  mlx5_vdpa: [5, 9],
  vp_vdpa: [5, 13],
  vduse: [5, 15],
  eni_vdpa: [5, 16],
  pds_vdpa: [6, 5],
  octep_vdpa: [6, 11],
};

const driverModule = { 'vfio-pci': 'vfio_pci', uio_pci_generic: 'uio_pci_generic', igb_uio: 'igb_uio' } as const;

/** The modules of the plan; where it has no device though there are NICs, those that would hand them out. */
export function wantedModules({ decision, config, report }: NodeCheckFacts): readonly string[] {
  const wanted = new Set(decision.devices.flatMap(({ modules }) => modules));
  const spare =
    decision.devices.length > 0 ? [] : report.nics.filter(({ uplink, kind }) => !uplink && kind !== 'other');
  for (const nic of spare) {
    if (config.backend !== 'vhost-vdpa') wanted.add(driverModule[config.nics.driver]);
    else for (const name of vhostVdpaModules(nic)) wanted.add(name);
  }
  return [...wanted].sort();
}

/** What makes a vDPA device of a NIC in the kernel. */
function vhostVdpaModules({ kind, device }: Nic): readonly string[] {
  if (kind === 'virtio') return ['vhost_vdpa', device === '1041' ? 'vp_vdpa' : 'eni_vdpa'];
  return kind === 'vdpa' ? ['vhost_vdpa'] : [];
}

/** Where a missing module is to be had. */
export function moduleSource(name: string): string {
  if (name === 'igb_uio') return 'build it from dpdk-kmods (linux/igb_uio), or set nics.driver to vfio-pci';
  const generic =
    'install the full kernel: linux-modules-extra-$(uname -r) on Ubuntu, linux-image-amd64 on Debian, kernel-modules-extra on Fedora and RHEL';
  if (name === 'vfio_pci') return `${generic}; or set nics.driver to uio_pci_generic`;
  return generic;
}
