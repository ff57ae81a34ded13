// SPDX-License-Identifier: Apache-2.0
import type { BenchReport } from '../../../src/bench/report/bench-report.ts';
import { type BenchFacts, buildBenchReport } from '../../../src/bench/report/build-report.ts';

/** Packets sent, received, and refused by the wire, as counted on a machine with two CPUs and three pollers. */
const counted: readonly (readonly [number, number, number])[] = [
  [10_401_568, 401_056, 332_576],
  [10_365_280, 394_880, 4_064],
  [10_200_672, 394_016, 167_168],
  [10_544_736, 400_384, 176_672],
  [10_074_048, 387_264, 190_464],
];

function trial([sent, received, generatorDropped]: readonly [number, number, number]): BenchFacts['trials'][number] {
  const timing = { durationSeconds: 3.0042, timingErrorSeconds: 0.0021 };
  return { ...timing, offered: sent + generatorDropped, sent, received, generatorDropped };
}

/** The facts of a real run on an overcommitted machine. */
export const overcommittedFacts: BenchFacts = {
  toolVersion: '0.1.0',
  started: new Date('2026-11-23T21:05:09Z'),
  workload: 'l3fwd',
  provider: 'local',
  backend: 'testpmd',
  wire: { kind: 'memif', interface: null },
  frameSize: 64,
  queues: 1,
  queueSize: 1024,
  warmupSeconds: 1,
  dpdk: [
    { role: 'generator', version: '22.11.11' },
    { role: 'backend', version: '22.11.11' },
    { role: 'workload', version: '22.11.11' },
  ],
  kernel: '6.1.0-18-amd64',
  cpu: { model: 'Intel(R) Xeon(R) Processor @ 2.60GHz', count: 2 },
  processes: [
    { role: 'generator', cpus: [0] },
    { role: 'backend', cpus: [0] },
    { role: 'workload', cpus: [1] },
  ],
  hugepages: [{ sizeKiB: 2048, total: 1024, free: 832 }],
  imageDigest: null,
  binaries: ['dpdk-testpmd', 'l3fwd', 'libealshim.so'].map((name, index) => ({
    name,
    sha256: `${index + 1}`.repeat(64),
  })),
  trials: counted.map(trial),
  backendCounts: {
    backendFromWire: 51_586_304,
    backendToWorkload: 1_989_376,
    backendFromWorkload: 1_989_312,
    backendToWire: 1_977_600,
  },
  machine: {
    verdict: 'overcommitted',
    reasons: ['3 busy-polling threads share 2 CPUs (0-1)', 'generator and backend poll on the same CPU 0'],
    intervals: counted.map(() => ({
      ...{ seconds: 3.02, steal: { ratio: 0.0033, ticks: 2 }, foreign: { ratio: 0.005, ticks: 3 } },
      ...{ throttledPeriods: 0, throttledSeconds: 0, loadOne: 1.44 },
    })),
  },
  minRate: null,
};

export function overcommittedReport(change: Partial<BenchFacts> = {}): BenchReport {
  return buildBenchReport({ ...overcommittedFacts, ...change });
}

/** A run on a machine with enough CPUs: `count` trials around 14.2 million packets/s, hardly any loss. */
export function quietFacts(count: number): BenchFacts {
  const trials = Array.from({ length: count }, (_, index) => {
    const received = 42_600_000 + ((index * 7919) % 101) * 4_000;
    return trial([received + ((index * 31) % 17) * 900, received, 120_000]);
  });
  const sent = trials.reduce((sum, each) => sum + each.sent, 0);
  const received = trials.reduce((sum, each) => sum + each.received, 0);
  return {
    ...overcommittedFacts,
    backend: 'dpdk-vdpa',
    wire: { kind: 'af_packet', interface: 'ens6' },
    cpu: { model: 'AMD EPYC 9654 96-Core Processor', count: 192 },
    processes: [
      { role: 'generator', cpus: [4] },
      { role: 'backend', cpus: [5] },
      { role: 'workload', cpus: [6] },
    ],
    imageDigest: `sha256:${'4f'.repeat(32)}`,
    binaries: [],
    trials,
    backendCounts: {
      backendFromWire: sent,
      backendToWorkload: null,
      backendFromWorkload: null,
      backendToWire: received,
    },
    machine: {
      verdict: 'ok',
      reasons: [],
      intervals: trials.map(() => ({
        ...{ seconds: 3.01, steal: null, foreign: { ratio: 0, ticks: 0 } },
        ...{ throttledPeriods: null, throttledSeconds: null, loadOne: 3.02 },
      })),
    },
    minRate: 14_000_000,
  };
}
