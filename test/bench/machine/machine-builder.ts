// SPDX-License-Identifier: Apache-2.0
import type { MachineSample } from '../../../src/bench/machine/machine-sample.ts';
import type { CpuTicks } from '../../../src/bench/machine/proc-parsers.ts';

const noTicks: CpuTicks = { user: 0, nice: 0, system: 0, idle: 0, iowait: 0, irq: 0, softirq: 0, steal: 0 };

export function ticks(spent: Partial<CpuTicks>): CpuTicks {
  return { ...noTicks, ...spent };
}

/** A quiet four-CPU machine in which CPUs 1 to 3 have polled for `seconds`, changed as a test needs it. */
export function sampleAt(seconds: number, change: Partial<MachineSample> = {}): MachineSample {
  const busy = ticks({ user: seconds * 100 });
  const idle = ticks({ idle: seconds * 100 });
  return {
    at: 1_700_000_000_000 + seconds * 1000,
    stat: {
      all: ticks({ user: seconds * 300, idle: seconds * 100 }),
      byCpu: [idle, busy, busy, busy].map((each, cpu) => ({ cpu, ticks: each })),
    },
    load: { one: 3 * (1 - Math.exp(-seconds / 60)), five: 0, fifteen: 0, runnable: 3, tasks: 100 },
    throttling: { throttledPeriods: 0, throttledSeconds: 0 },
    quotaCpus: null,
    onlineCpus: [0, 1, 2, 3],
    allowedCpus: [0, 1, 2, 3],
    governors: [],
    ownTicks: seconds * 300,
    ...change,
  };
}
