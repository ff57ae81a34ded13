// SPDX-License-Identifier: Apache-2.0
import { existing } from '../backends/fit/vhost-vdpa-fit.ts';
import type { Config } from '../config/config-schema.ts';
import type { NodeFacts } from '../platform/node-report.ts';
import type { ChosenDevice, Rejection } from './decision.ts';

/** The kernel's simulator loops back what is sent: nothing that a workload should take for a network. */
const simulators = ['vdpasim_net', 'vdpasim_blk'];

/** vDPA devices that no PCI function stands behind: those that are there, and those that VDUSE programs offer. */
export function softwareDevices(
  node: NodeFacts,
  nics: Config['nics'],
): { readonly devices: readonly ChosenDevice[]; readonly rejected: readonly Rejection[] } {
  const devices: ChosenDevice[] = [];
  const rejected: Rejection[] = [];
  const there = node.vdpa.devices.filter(({ pciAddress }) => pciAddress === null);
  for (const { name, mgmtdev } of there) {
    const why = whyNot(name, mgmtdev, nics);
    const verdict = why === null ? existing(name, node) : { misfit: why };
    if ('fit' in verdict) devices.push({ pciAddress: name, ...verdict.fit });
    else rejected.push({ what: `device:${name}`, why: `vhost-vdpa: ${verdict.misfit}` });
  }
  const made = new Set(there.map(({ name }) => name));
  for (const name of node.vdpa.vduse.filter((candidate) => !made.has(candidate))) {
    const why = whyNot(name, 'vduse', nics);
    if (why !== null) rejected.push({ what: `device:${name}`, why });
    else {
      devices.push({
        pciAddress: name,
        driver: null,
        why: "a program's VDUSE device, with a copy in that program; made a vDPA device by vduse",
        create: [{ kind: 'vdpa', name, mgmtdev: 'vduse' }],
        modules: ['vduse', 'vhost_vdpa'],
        noIommu: false,
      });
    }
  }
  return { devices, rejected };
}

function whyNot(name: string, mgmtdev: string | null, nics: Config['nics']): string | null {
  const named = nics.include?.includes(name) ?? false;
  if (nics.include !== null && !named) return 'is not in nics.include';
  if (nics.exclude.includes(name)) return `is excluded (nics.exclude: ${name})`;
  if (mgmtdev !== null && simulators.includes(mgmtdev) && !named) {
    return "is the kernel's simulator, which loops back what is sent; name it in nics.include to have it all the same";
  }
  return null;
}
