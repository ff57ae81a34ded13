// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Nic, NodeReport } from '../platform/node-report.ts';
import type { ChosenDevice, Decision } from '../providers/decision.ts';
import { schemaVersion } from '../schema-version.ts';
import { uplinkRefused } from './node-errors.ts';
import type { DeviceFile, NodeAfter, NodePlan, NodeStep, StepOf } from './node-plan.ts';
import { foundFree, planHugepages, type Reservation } from './plan-hugepages.ts';

/**
 * From a decision to the steps that carry it out, in their order. Pure. `reserved` are the huge pages that earlier runs
 * set aside, `prepared` the devices that they made ready. A device of the local provider needs none of it: its plan is empty.
 * Throws VDPA-UPLINK-001 should a decision name an uplink, and VDPA-NODE-001 for a device that the report does not have.
 */
export function planNode(
  report: NodeReport,
  decision: Decision,
  config: Config,
  reserved: readonly Reservation[] = [],
  prepared: ReadonlySet<string> = new Set(),
): NodePlan {
  const head = { schemaVersion, kind: 'NodePlan', node: report.node.name } as const;
  const { provider, backend } = decision;
  if (provider === 'local') {
    const after = { devices: [], virtualFunctions: [], vdpaDevices: [], hugepages: [] };
    return { ...head, provider, backend, steps: [], after };
  }
  const devices = decision.devices.map((device) => locate(device, report));
  // The kernel's own backend takes none.
  const memory = backend === 'vhost-vdpa' ? { ...config.memory, backendMiB: 0 } : config.memory;
  const before = devices.filter(({ chosen }) => prepared.has(chosen.pciAddress));
  const hugepages = planHugepages(
    report.node.hugepages,
    [...devices.map(({ numaNode }) => numaNode), ...yetToCome(devices.length, config)],
    memory,
    [
      ...reserved,
      ...foundFree(
        report.node.hugepages,
        before.map(({ numaNode }) => numaNode),
        memory,
      ),
    ],
  );
  const vfs = virtualFunctionSteps(decision.devices, report);
  const steps = [
    ...moduleSteps(decision.devices, report),
    ...hugepages.steps,
    ...vfs,
    ...noIommuSteps(decision.devices, report),
    ...devices.flatMap(bindStep),
    ...devices.flatMap((device) => vdpaSteps(device, report)),
  ];
  const after = {
    devices: devices.map(({ chosen, nic }) => ({
      device: chosen.pciAddress,
      driver: chosen.driver ?? nic?.driver ?? null,
      files: deviceFiles(chosen, nic, report),
    })),
    virtualFunctions: vfs.map(({ pf, count }) => ({ pf, count })),
    vdpaDevices: steps.flatMap((step) => (step.kind === 'create-vdpa' ? [step.name] : [])),
    hugepages: hugepages.after,
  };
  return { ...head, provider, backend, steps, after };
}

/** Of devices that come later nobody knows where they will be. */
function yetToCome(devices: number, { nics }: Config): null[] {
  return devices === 0 ? [] : Array.from({ length: Math.max(0, nics.roomFor - devices) }, () => null);
}

interface Located {
  readonly chosen: ChosenDevice;
  /** null: it is not there yet, or not on PCI. */
  readonly nic: Nic | null;
  readonly numaNode: number | null;
}

function locate(chosen: ChosenDevice, report: NodeReport): Located {
  const find = (address: string) => report.nics.find(({ pciAddress }) => pciAddress === address) ?? null;
  const nic = find(chosen.pciAddress);
  const pf = chosen.create.flatMap((creation) => (creation.kind === 'vf' ? [find(creation.pf)] : []))[0] ?? null;
  for (const touched of [nic, pf]) if (touched?.uplink === true) throw uplinkRefused(touched);
  if (nic === null && pf === null && chosen.driver !== null) {
    throw new VdpaError('VDPA-NODE-001', 'the decision names a device that the report does not have', {
      where: chosen.pciAddress,
      next: 'run vdpactl detect, and decide and plan with the same report',
    });
  }
  return { chosen, nic, numaNode: (nic ?? pf)?.numaNode ?? null };
}

function moduleSteps(devices: readonly ChosenDevice[], report: NodeReport): StepOf<'load-module'>[] {
  const wanted = new Set(devices.flatMap(({ modules }) => modules));
  const there = (name: string) => ['loaded', 'builtin'].includes(report.node.modules[name] ?? 'missing');
  return [...wanted]
    .filter((name) => !there(name))
    .map((module) => ({ kind: 'load-module', module, text: `load the module ${module}` }));
}

function virtualFunctionSteps(devices: readonly ChosenDevice[], report: NodeReport): StepOf<'create-vfs'>[] {
  const countOf = new Map<string, number>();
  for (const creation of devices.flatMap(({ create }) => create)) {
    if (creation.kind === 'vf') countOf.set(creation.pf, creation.count);
  }
  const there = (pf: string) => report.nics.find(({ pciAddress }) => pciAddress === pf)?.sriov?.numVfs ?? 0;
  const missing = [...countOf].filter(([pf, count]) => there(pf) !== count);
  return missing.map(([pf, count]) => ({
    kind: 'create-vfs',
    pf,
    count,
    text: `make ${count} virtual function${count === 1 ? '' : 's'} of ${pf}`,
  }));
}

function noIommuSteps(devices: readonly ChosenDevice[], report: NodeReport): NodeStep[] {
  const needed = devices.some(({ driver, noIommu }) => noIommu && driver === 'vfio-pci');
  if (!needed || report.node.vfioNoIommu === true) return [];
  return [{ kind: 'enable-noiommu', text: 'let VFIO hand out devices that no IOMMU isolates' }];
}

function bindStep({ chosen: { pciAddress, driver }, nic }: Located): NodeStep[] {
  const from = nic?.driver ?? null;
  if (driver === null || from === driver) return [];
  return [
    { kind: 'bind', pciAddress, from, to: driver, text: `bind ${pciAddress}: ${from ?? 'no driver'} → ${driver}` },
  ];
}

function vdpaSteps({ chosen, nic }: Located, report: NodeReport): NodeStep[] {
  return chosen.create.flatMap((creation) => {
    if (creation.kind !== 'vdpa') return [];
    const { name, mgmtdev } = creation;
    // Without a management device the driver makes it by itself, as soon as it is bound.
    if (mgmtdev === null || report.node.vdpa.devices.some((device) => device.name === name)) return [];
    const onPci = nic !== null || chosen.driver !== null;
    const pciAddress = onPci ? chosen.pciAddress : null;
    return [
      { kind: 'create-vdpa' as const, name, mgmtdev, pciAddress, text: `make the vDPA device ${name} of ${mgmtdev}` },
    ];
  });
}

function deviceFiles(chosen: ChosenDevice, nic: Nic | null, report: NodeReport): NodeAfter['devices'][number]['files'] {
  const numbered = (path: string): DeviceFile => ({ path, numberedByKernel: true });
  const known = (path: string): DeviceFile => ({ path, numberedByKernel: false });
  const name = nic?.vdpa?.name ?? chosen.pciAddress;
  const path = report.node.vdpa.devices.find((device) => device.name === name)?.path ?? nic?.vdpa?.path ?? null;
  if (chosen.modules.includes('vhost_vdpa')) return [path === null ? numbered('/dev/vhost-vdpa-N') : known(path)];
  if (chosen.driver === 'vfio-pci') {
    const group = nic?.iommuGroup ?? null;
    const prefix = chosen.noIommu ? '/dev/vfio/noiommu-' : '/dev/vfio/';
    return [known('/dev/vfio/vfio'), group === null ? numbered(`${prefix}N`) : known(`${prefix}${group}`)];
  }
  return chosen.driver === null ? [] : [numbered('/dev/uioN')];
}
