// SPDX-License-Identifier: Apache-2.0
import { type BackendSpec, hasProcess } from '../../dataplane/contract/backend-spec.ts';
import { longestSocketPath, maxSocketPathBytes, type RunDir, runDir } from '../../dataplane/contract/run-dir.ts';
import { type CpuPlan, planCpus } from '../backends/cpu-plan.ts';
import { dpdkVdpaBackend } from '../backends/dpdk-vdpa.ts';
import { macAddressFor } from '../backends/mac-address.ts';
import { testpmdBackend } from '../backends/testpmd.ts';
import { vhostVdpaBackend } from '../backends/vhost-vdpa.ts';
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { ChosenDevice, Decision } from '../providers/decision.ts';
import { schemaVersion } from '../schema-version.ts';

/** The stack of one machine: what `deploy` writes and starts, and nothing else. */
export interface LocalStack {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'LocalStack';
  readonly runDir: string;
  readonly decision: Decision;
  readonly backends: readonly BackendSpec[];
  readonly cpus: CpuPlan;
  /** Huge-page memory that the backends take, MiB. A workload comes on top. */
  readonly memoryMiB: number;
}

export interface LocalStackInput {
  readonly report: NodeReport;
  readonly decision: Decision;
  readonly config: Config;
  readonly runDir: string;
  /** The CPUs that this process may use; those of the node where it is not known. */
  readonly allowedCpus?: readonly number[];
  /** The testpmd to run: a name to look up in PATH, or a path. */
  readonly testpmd: string;
  /** The program that DPDK builds of its vDPA example. */
  readonly dpdkVdpa?: string;
}

/** Renders the stack of this machine. Pure: the same input gives the same bytes. Throws VDPA-PATH-001. */
export function renderLocalStack(input: LocalStackInput): LocalStack {
  const { report, decision, config } = input;
  const dir = runDir(input.runDir);
  checkSocketPaths(dir);
  const allowed = input.allowedCpus ?? report.node.cpus.online;
  const facts = { allowed, isolated: report.node.cpus.isolated };
  const cpus = planCpus(facts, decision.devices.length, chosenCpus(decision, config).cpus);
  const backends = decision.devices.map((device, index) => {
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
      cpu: cpus.backends[index] ?? 0,
    };
    const ids = report.nics.find(({ pciAddress }) => pciAddress === device.pciAddress);
    return decision.backend === 'dpdk-vdpa' && ids !== undefined
      ? dpdkVdpaBackend(dir, { ...options, ids, program: input.dpdkVdpa ?? 'dpdk-vdpa' })
      : testpmdBackend(dir, { ...options, program: input.testpmd });
  });
  return {
    schemaVersion,
    kind: 'LocalStack',
    runDir: dir.root,
    decision,
    backends,
    cpus,
    memoryMiB: backends.filter(hasProcess).reduce((sum, backend) => sum + backend.memoryMiB, 0),
  };
}

/** The CPUs that the user gave to the backends, and the section of the config that says so. */
export function chosenCpus({ provider }: Decision, { local, nics }: Config) {
  const section = provider === 'local' ? 'local' : 'nics';
  return { cpus: (section === 'local' ? local : nics).cpus, key: `${section}.cpus` };
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

function checkSocketPaths(dir: RunDir): void {
  const longest = longestSocketPath(dir);
  const bytes = Buffer.byteLength(longest);
  if (bytes <= maxSocketPathBytes) return;
  throw new VdpaError(
    'VDPA-PATH-001',
    `a socket below it would have a path of ${bytes} bytes, and Linux takes ${maxSocketPathBytes}`,
    {
      where: dir.root,
      next: `choose a run directory that is at least ${bytes - maxSocketPathBytes} bytes shorter`,
    },
  );
}
