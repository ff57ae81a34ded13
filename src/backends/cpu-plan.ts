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
 *
 * `chosen` are the user's CPUs for the backends, in turn; the others then get what these leave over.
 */
export function planCpus(facts: CpuFacts, devices: number, chosen: readonly number[] | null = null): CpuPlan {
  const isolated = facts.allowed.filter((cpu) => facts.isolated.includes(cpu));
  const [housekeeping, ...others] = facts.allowed.filter((cpu) => !facts.isolated.includes(cpu));
  const order = [...isolated, ...others, ...(housekeeping === undefined ? [] : [housekeeping])];
  const used = chosen?.slice(0, devices) ?? [];
  const free = order.filter((cpu) => !used.includes(cpu));
  const workload = free[0] ?? order[0] ?? 0;
  const shared = order.filter((cpu) => cpu !== workload);
  const pick = inTurn(shared.length > 0 ? shared : [workload]);
  const pickBackend = chosen === null ? pick : inTurn(chosen);
  const backends = Array.from({ length: devices }, (_, index) => pickBackend(index));
  const generator = chosen === null ? pick(devices) : (free[1] ?? pick(devices));
  return {
    workload,
    backends,
    generator,
    overcommitted: new Set([workload, generator, ...backends]).size < devices + 2,
  };
}

function inTurn(cpus: readonly number[]): (index: number) => number {
  return (index) => cpus[index % cpus.length] ?? 0;
}
