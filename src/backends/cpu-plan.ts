// SPDX-License-Identifier: Apache-2.0

/** Which Linux CPU each busy-polling process gets. */
export interface CpuPlan {
  /** One for each device. */
  readonly backends: readonly number[];
  readonly workload: number;
  readonly generator: number;
  /** Fewer CPUs than pollers: some share one, and rates drop to a fraction. */
  readonly overcommitted: boolean;
}

export interface CpuFacts {
  /** The CPUs that this process may run on, ascending. */
  readonly allowed: readonly number[];
  /** The CPUs that the kernel keeps its own work away from (`isolcpus`). */
  readonly isolated: readonly number[];
}

/**
 * Gives each poller a CPU of its own where there are enough: isolated ones first, and the lowest CPU last, because
 * the kernel does most of its housekeeping there. Where there are too few the workload still gets one to itself: it
 * then empties its ring whenever the others fill it, and far fewer packets are lost than by any other sharing.
 */
export function planCpus(facts: CpuFacts, devices: number): CpuPlan {
  const isolated = facts.allowed.filter((cpu) => facts.isolated.includes(cpu));
  const [housekeeping, ...others] = facts.allowed.filter((cpu) => !facts.isolated.includes(cpu));
  const order = [...isolated, ...others, ...(housekeeping === undefined ? [] : [housekeeping])];
  const workload = order[0] ?? 0;
  const shared = order.length > 1 ? order.slice(1) : [workload];
  const pick = (index: number): number => shared[index % shared.length] ?? workload;
  return {
    workload,
    backends: Array.from({ length: devices }, (_, index) => pick(index)),
    generator: pick(devices),
    overcommitted: order.length < devices + 2,
  };
}
