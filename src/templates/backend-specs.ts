// SPDX-License-Identifier: Apache-2.0
import type { BackendSpec } from '../../dataplane/contract/backend-spec.ts';
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import type { BackendCpu } from '../backends/backend-cpu.ts';
import { dpdkVdpaBackend } from '../backends/dpdk-vdpa.ts';
import { macAddressFor } from '../backends/mac-address.ts';
import { testpmdBackend } from '../backends/testpmd.ts';
import { vhostVdpaBackend } from '../backends/vhost-vdpa.ts';
import type { Config } from '../config/config-schema.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { ChosenDevice, Decision } from '../providers/decision.ts';

export interface BackendSpecsInput {
  readonly report: NodeReport;
  readonly decision: Decision;
  readonly config: Config;
  readonly dir: RunDir;
  /** The CPU of each backend, by the place of its device in the decision. */
  readonly cpuOf: (index: number) => BackendCpu;
  /** The testpmd to run: a name to look up in PATH, or a path. */
  readonly testpmd: string;
  /** The program that DPDK builds of its vDPA example. */
  readonly dpdkVdpa?: string;
}

/** What stands behind each device of a decision, on one machine and on a node of a cluster alike. Pure. */
export function backendSpecs({ report, decision, config, dir, ...input }: BackendSpecsInput): BackendSpec[] {
  return decision.devices.map((device, index) => {
    const vdpa = report.node.vdpa.devices.find(
      ({ name, pciAddress }) => pciAddress === device.pciAddress || name === device.pciAddress,
    );
    if (decision.backend === 'vhost-vdpa' && vdpa?.path != null) {
      const { queues, queueSize } = config.nics;
      const { name, path } = vdpa;
      return vhostVdpaBackend({ device: device.pciAddress, vdpa: name, path, queues, queueSize });
    }
    const options = {
      device: device.pciAddress,
      mac: macAddressFor(report.node.name ?? '', device.pciAddress),
      ...wireOf(decision, device, config),
      cpu: input.cpuOf(index),
    };
    const ids = report.nics.find(({ pciAddress }) => pciAddress === device.pciAddress);
    return decision.backend === 'dpdk-vdpa' && ids !== undefined
      ? dpdkVdpaBackend(dir, { ...options, ids, program: input.dpdkVdpa ?? 'dpdk-vdpa' })
      : testpmdBackend(dir, { ...options, program: input.testpmd });
  });
}

/** The CPUs that the user gave to the backends, and the section of the config that says so. */
export function chosenCpus({ provider }: Decision, { local, nics }: Config) {
  const section = provider === 'local' ? 'local' : 'nics';
  return { cpus: (section === 'local' ? local : nics).cpus, key: `${section}.cpus` };
}

/**
 * The devices of a decision that cannot be used yet: something has to be made or bound first, or the kernel does not hand
 * them out.
 */
export function unpreparedDevices(report: NodeReport, { backend, devices }: Decision): ChosenDevice[] {
  const driverOf = (address: string) => report.nics.find(({ pciAddress }) => pciAddress === address)?.driver ?? null;
  return devices.filter(
    ({ pciAddress, driver, create }) =>
      create.length > 0 ||
      (driver !== null && driverOf(pciAddress) !== driver) ||
      (backend === 'vhost-vdpa' && !hasCharacterDevice(report, pciAddress)),
  );
}

function hasCharacterDevice({ node }: NodeReport, device: string): boolean {
  return node.vdpa.devices.some(({ name, pciAddress, path }) => path !== null && (pciAddress ?? name) === device);
}

/** What is on the far side of a backend: something that stands in for the NIC, or the NIC. */
function wireOf({ provider }: Decision, { noIommu }: ChosenDevice, { local, nics, memory }: Config) {
  if (provider === 'local') {
    const { wire, interface: netdev, queues, queueSize, memoryMiB } = local;
    return { wire, interface: netdev, queues, queueSize, memoryMiB, noIommu };
  }
  const { queues, queueSize } = nics;
  return { wire: 'nic' as const, interface: null, queues, queueSize, memoryMiB: memory.backendMiB, noIommu };
}
