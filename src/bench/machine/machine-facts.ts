// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PlannedStack } from '../../local/plan-stack.ts';
import { version } from '../../version.ts';
import type { BenchFacts } from '../report/build-report.ts';
import { parseCpuModel } from './proc-parsers.ts';

type MachineFacts = Pick<
  BenchFacts,
  'toolVersion' | 'dpdk' | 'kernel' | 'cpu' | 'hugepages' | 'imageDigest' | 'binaries'
>;

/** What a number holds for, of the machine and the programs: no rate is printed without it. */
export function machineFacts(planned: PlannedStack, programs: Readonly<Record<string, string>>): MachineFacts {
  const { node } = planned.report;
  const dpdk = planned.dpdk?.version ?? null;
  const sizes = [...new Set(node.hugepages.map((pool) => pool.sizeKiB))];
  return {
    toolVersion: version,
    dpdk: (['generator', 'backend', 'workload'] as const).map((role) => ({ role, version: dpdk })),
    kernel: node.kernel,
    cpu: { model: parseCpuModel(readFileSync('/proc/cpuinfo', 'utf8')), count: node.cpus.online.length },
    hugepages: sizes.map((sizeKiB) => {
      const pools = node.hugepages.filter((pool) => pool.sizeKiB === sizeKiB);
      const sum = (key: 'total' | 'free') => pools.reduce((total, pool) => total + pool[key], 0);
      return { sizeKiB, total: sum('total'), free: sum('free') };
    }),
    // Host processes, no image: the programs are named by what they hold.
    imageDigest: null,
    binaries: Object.entries(programs).map(([name, path]) => ({ name, sha256: sha256Of(path) })),
  };
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
