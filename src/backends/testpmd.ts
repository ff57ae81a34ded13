// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from '../../dataplane/contract/backend-spec.ts';
import { deviceSocket, type RunDir, wireSocket } from '../../dataplane/contract/run-dir.ts';
import { schemaVersion } from '../schema-version.ts';
import { type BackendCpu, cpuArgument, cpuOf } from './backend-cpu.ts';

export interface TestpmdOptions {
  readonly device: string;
  /** `nic`: the device itself, which has to be bound to a user-space driver or one that shares it with DPDK. */
  readonly wire: 'memif' | 'af_packet' | 'nic' | 'null';
  /** The interface of wire `af_packet`. */
  readonly interface: string | null;
  readonly mac: string;
  readonly queues: number;
  readonly queueSize: number;
  readonly cpu: BackendCpu;
  /** Huge-page memory, MiB. */
  readonly memoryMiB: number;
  /** No IOMMU translates the NIC's addresses, so that DPDK has to give it physical ones. */
  readonly noIommu: boolean;
  /** The testpmd to run. */
  readonly program: string;
}

/**
 * log2 of the descriptors in a memif ring: the largest that DPDK's memif takes. Where the two ends share a CPU, a ring
 * is all that passes in a time slice: 2^11 moved 0.25 million packets/s on two CPUs, 2^14 moved 2 million.
 */
export const memifRingLog2 = 14;

/** Packet buffers of a process that copies: bursts in hand and per-core caches. About 36 MiB of huge pages. */
export const packetBuffers = 16384;

/** How often testpmd writes its counters to its log, seconds. It also keeps testpmd alive without a terminal. */
export const statsPeriodSeconds = 1;

/**
 * EAL arguments of every DPDK process of ours: no files left behind, and of the host's NICs only the one that is given to
 * it. It polls on `cpu`, and listens to commands and signals on `controlCpu`.
 */
export function commonEalArguments(
  cpu: number | string,
  memoryMiB: number,
  filePrefix: string,
  controlCpu: number | string = cpu,
  nic: { readonly pciAddress: string; readonly noIommu: boolean } | null = null,
): string[] {
  return [
    '--lcores',
    `0@${controlCpu},1@${cpu}`,
    '--in-memory',
    '--single-file-segments',
    '-m',
    String(memoryMiB),
    ...(nic === null ? ['--no-pci'] : ['--allow', nic.pciAddress]),
    '--no-telemetry',
    `--iova-mode=${nic?.noIommu === true ? 'pa' : 'va'}`,
    '--file-prefix',
    filePrefix,
  ];
}

/** The arguments that make port 0. DPDK probes PCI before virtual devices, so that a NIC comes first by itself. */
function wireDevice(dir: RunDir, options: TestpmdOptions): { vdev: string | null; at: string | null } {
  switch (options.wire) {
    case 'memif': {
      const socket = wireSocket(dir, options.device);
      return { vdev: `net_memif0,role=server,socket=${socket},socket-abstract=no,rsize=${memifRingLog2}`, at: socket };
    }
    case 'af_packet':
      return {
        vdev: `net_af_packet0,iface=${options.interface},qpairs=${options.queues},framecnt=4096,blocksz=65536`,
        at: options.interface,
      };
    case 'nic':
      return { vdev: null, at: options.device };
    case 'null':
      return { vdev: 'net_null0,size=64', at: null };
  }
}

/** A translator: testpmd between a wire (port 0) and a vhost-user socket (port 1). One copy of each packet each way. */
export function testpmdBackend(dir: RunDir, options: TestpmdOptions): ProcessSpec {
  const wire = wireDevice(dir, options);
  const queues = String(options.queues);
  const cpu = cpuArgument(options.cpu);
  return {
    schemaVersion,
    kind: 'Backend',
    device: options.device,
    backend: 'testpmd',
    wire: { kind: options.wire, at: wire.at },
    mac: options.mac,
    queues: options.queues,
    queueSize: options.queueSize,
    cpu: cpuOf(options.cpu),
    memoryMiB: options.memoryMiB,
    // Without a terminal the C library writes in blocks, and the log would be seconds behind.
    program: 'stdbuf',
    args: [
      '-oL',
      options.program,
      ...commonEalArguments(
        cpu,
        options.memoryMiB,
        `vdpactl-${options.device}`,
        cpu,
        options.wire === 'nic' ? { pciAddress: options.device, noIommu: options.noIommu } : null,
      ),
      ...(wire.vdev === null ? [] : ['--vdev', wire.vdev]),
      '--vdev',
      `net_vhost0,iface=${deviceSocket(dir, options.device)},queues=${queues},client=1`,
      '--',
      // Without this testpmd waits up to nine seconds for links that are not there yet.
      '--disable-link-check',
      '--auto-start',
      '--forward-mode=io',
      '--nb-cores=1',
      `--rxq=${queues}`,
      `--txq=${queues}`,
      `--total-num-mbufs=${packetBuffers}`,
      `--stats-period=${statsPeriodSeconds}`,
    ],
    readyText: 'packet forwarding - ports=',
    failText: null,
    input: [],
    listensOn: options.wire === 'memif' && wire.at !== null ? [wire.at] : [],
  };
}
