// SPDX-License-Identifier: Apache-2.0
import { readTextFile } from '../../src/files/write-atomic.ts';
import { parseCpuList } from '../../src/platform/cpu-list.ts';
import { cpusOfThisProcess } from '../../src/platform/process-cpus.ts';

export interface SeatFacts {
  /** The CPUs that this process, and so its children, may run on, ascending. */
  readonly allowed: readonly number[];
  /** Those that the kernel keeps its own work away from. */
  readonly isolated: readonly number[];
}

/** As they are now: kubelet changes the cpuset of a running pod when others come that have CPUs of their own. */
export function seatFacts(): SeatFacts {
  const isolated = readTextFile('/sys/devices/system/cpu/isolated')?.trim() ?? '';
  return { allowed: cpusOfThisProcess() ?? [0], isolated: isolated === '' ? [] : (parseCpuList(isolated) ?? []) };
}

/**
 * The CPU for one more backend, of those that this process may use. The supervisor chooses, because only it is in the
 * cpuset of the backends' pod; and one at a time, so that a device that comes or goes moves no other.
 *
 * The wish where it is allowed. Else the one that the fewest have: isolated ones first, and the lowest last, because the
 * kernel does most of its housekeeping there.
 */
export function chooseCpu({ allowed, isolated }: SeatFacts, taken: readonly number[], wish: number | null): number {
  if (wish !== null && allowed.includes(wish)) return wish;
  const quiet = allowed.filter((cpu) => isolated.includes(cpu));
  const [housekeeping, ...others] = allowed.filter((cpu) => !isolated.includes(cpu));
  const order = [...quiet, ...others, ...(housekeeping === undefined ? [] : [housekeeping])];
  const load = (cpu: number) => taken.filter((other) => other === cpu).length;
  return order.reduce((best, cpu) => (load(cpu) < load(best) ? cpu : best), order[0] ?? 0);
}
