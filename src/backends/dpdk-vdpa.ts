// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from '../../dataplane/contract/backend-spec.ts';
import { deviceSocket, type RunDir } from '../../dataplane/contract/run-dir.ts';
import type { NicIds } from '../platform/pci/nic-ids.ts';
import { vdpaDrivers } from '../platform/pci/vdpa-drivers.ts';
import { schemaVersion } from '../schema-version.ts';
import { type BackendCpu, cpuArgument, cpuOf } from './backend-cpu.ts';

export interface DpdkVdpaOptions {
  readonly device: string;
  readonly ids: NicIds;
  readonly mac: string;
  readonly queues: number;
  readonly queueSize: number;
  readonly cpu: BackendCpu;
  /** Huge-page memory, MiB. */
  readonly memoryMiB: number;
  readonly noIommu: boolean;
  /** The program that DPDK builds of `examples/vdpa`. */
  readonly program: string;
}

/**
 * DPDK's own vDPA example, driven at its prompt: only there is a socket named for a device, where its other mode counts
 * them up in the order of the probe, and spins as soon as its input ends. It moves no packet: the NIC reads and writes the
 * workload's rings itself.
 */
export function dpdkVdpaBackend(dir: RunDir, options: DpdkVdpaOptions): ProcessSpec {
  const { device } = options;
  const socket = deviceSocket(dir, device);
  return {
    schemaVersion,
    kind: 'Backend',
    device,
    backend: 'dpdk-vdpa',
    wire: { kind: 'nic', at: device },
    mac: options.mac,
    queues: options.queues,
    queueSize: options.queueSize,
    cpu: cpuOf(options.cpu),
    memoryMiB: options.memoryMiB,
    program: 'stdbuf',
    args: [
      '-oL',
      options.program,
      '--lcores',
      `0@${cpuArgument(options.cpu)}`,
      '--in-memory',
      '--single-file-segments',
      '-m',
      String(options.memoryMiB),
      '--allow',
      `${device},${classArgument(options.ids)}`,
      '--no-telemetry',
      `--iova-mode=${options.noIommu ? 'pa' : 'va'}`,
      '--file-prefix',
      `vdpactl-${device}`,
      '--',
      '--client',
      '--interactive',
    ],
    // librte_vhost's own word for it: from then on it looks for the workload once a second.
    readyText: 'vhost-user client: socket created',
    failText: 'Unable to find vdpa device',
    input: [`create ${socket} ${device}`],
    listensOn: [],
  };
}

/** The device argument by which a driver knows that it is wanted for vDPA: ifc has its own, the others the common one. */
function classArgument(ids: NicIds): string {
  return vdpaDrivers(ids)?.dpdk === 'ifc' ? 'vdpa=1' : 'class=vdpa';
}
