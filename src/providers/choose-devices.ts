// SPDX-License-Identifier: Apache-2.0
import { fitDpdkVdpa } from '../backends/fit/dpdk-vdpa-fit.ts';
import type { BackendName, FitDevice, FitOptions } from '../backends/fit/fit.ts';
import { fitTestpmd } from '../backends/fit/testpmd-fit.ts';
import { fitVhostVdpa } from '../backends/fit/vhost-vdpa-fit.ts';
import type { Config } from '../config/config-schema.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { ChosenDevice, Rejection } from './decision.ts';
import type { NicProvider, ProviderPlan } from './provider.ts';
import { softwareDevices } from './software-devices.ts';
import { type OfferedNic, virtualFunctions } from './virtual-functions.ts';
import { whyNotOffered } from './why-not-offered.ts';

const fitDevice: Readonly<Record<BackendName, FitDevice>> = {
  'dpdk-vdpa': fitDpdkVdpa,
  'vhost-vdpa': fitVhostVdpa,
  testpmd: fitTestpmd,
};

/**
 * The first backend, in the provider's order, for which a device fits, and all devices that fit it. Where none does, the
 * provider's last backend with no device: the node is what it is, and the rejections say what to do.
 */
export function chooseDevices(provider: NicProvider, report: NodeReport, config: Config): ProviderPlan {
  const { offered, rejected } = offeredNics(report, config);
  const order = config.backend === 'auto' ? provider.backends : [config.backend];
  const options = fitOptions(provider, config);
  const backendsRejected: Rejection[] = [];
  for (const backend of order) {
    const { devices, misfits } = fitAll(backend, offered, report, config, options);
    if (devices.length > 0) {
      return { backend, devices, evidence: [], rejected: [...backendsRejected, ...rejected, ...misfits] };
    }
    backendsRejected.push({ what: `backend:${backend}`, why: whyNone(offered.length, misfits) });
  }
  const backend = order.at(-1) ?? 'testpmd';
  const why =
    offered.length === 0
      ? `no NIC is left to give away; ${provider.noDevice}`
      : 'no backend fits any NIC; the rejected ones say why';
  return {
    backend,
    devices: [],
    evidence: [{ claim: `no device: ${why}`, source: 'vdpactl', value: null }],
    rejected: [...backendsRejected, ...rejected],
  };
}

function fitOptions(provider: NicProvider, config: Config): FitOptions {
  const { noIommu, driver } = config.nics;
  return { userDriver: driver, noIommu: noIommu === 'auto' ? provider.mostlyWithoutIommu : noIommu === 'allow' };
}

interface Offered {
  /** NICs that may be given away, those that are yet to be made among them. */
  readonly offered: readonly OfferedNic[];
  readonly rejected: readonly Rejection[];
}

function offeredNics(report: NodeReport, config: Config): Offered {
  const offered: OfferedNic[] = [];
  const rejected: Rejection[] = [];
  for (const nic of report.nics) {
    const why = whyNotOffered(nic, report, config.nics);
    if (why !== null) {
      rejected.push({ what: `device:${nic.pciAddress}`, why });
      continue;
    }
    const vfs = virtualFunctions(nic, config.nics.virtualFunctions);
    const taken = vfs.find((vf) => report.nics.some(({ pciAddress }) => pciAddress === vf.nic.pciAddress));
    if (vfs.length === 0) offered.push({ nic, create: [] });
    else if (taken !== undefined) {
      // The other may be an uplink. No real bus is like that: a capture that was put together can be.
      const where = taken.nic.pciAddress;
      rejected.push({
        what: `device:${nic.pciAddress}`,
        why: `its virtual function would be ${where}, which is another NIC`,
      });
    } else {
      rejected.push({
        what: `device:${nic.pciAddress}`,
        why: `its ${vfs.length} virtual functions are offered instead`,
      });
      offered.push(...vfs);
    }
  }
  return { offered, rejected };
}

function fitAll(
  backend: BackendName,
  offered: readonly OfferedNic[],
  report: NodeReport,
  config: Config,
  options: FitOptions,
): { devices: readonly ChosenDevice[]; misfits: readonly Rejection[] } {
  const devices: ChosenDevice[] = [];
  const misfits: Rejection[] = [];
  for (const { nic, create } of offered) {
    const verdict = fitDevice[backend](nic, report.node, options);
    if ('fit' in verdict) {
      devices.push({ pciAddress: nic.pciAddress, ...verdict.fit, create: [...create, ...verdict.fit.create] });
    } else misfits.push({ what: `device:${nic.pciAddress}`, why: `${backend}: ${verdict.misfit}` });
  }
  if (backend === 'vhost-vdpa') {
    const software = softwareDevices(report.node, config.nics);
    devices.push(...software.devices);
    misfits.push(...software.rejected);
  }
  return { devices, misfits };
}

/** One reason when all devices have the same, otherwise each with its devices. */
function whyNone(offered: number, misfits: readonly Rejection[]): string {
  if (offered === 0 && misfits.length === 0) return 'no NIC is left to give away';
  const byReason = new Map<string, string[]>();
  for (const { what, why } of misfits) {
    const reason = why.slice(why.indexOf(': ') + 2);
    byReason.set(reason, [...(byReason.get(reason) ?? []), what.slice('device:'.length)]);
  }
  return [...byReason].map(([reason, devices]) => `${devices.join(', ')}: ${reason}`).join('; ');
}
