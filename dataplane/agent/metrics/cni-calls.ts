// SPDX-License-Identifier: Apache-2.0
import type { Family, Sample } from './exposition.ts';

/** One call of the CNI plugin that was answered. */
export interface CniCallOutcome {
  readonly command: string;
  /** 0, or the code of the error. */
  readonly code: number;
  readonly seconds: number;
}

/** Attaching takes milliseconds; what asks another plugin for addresses takes longer. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10] as const;
/** What a caller can make up is counted as one. */
const commands: readonly string[] = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'];

interface Durations {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How often the plugin called, how that ended, and how long it took. Takes the same room however often that is. */
export class CniCalls {
  readonly #totals = new Map<string, { readonly command: string; readonly code: number; count: number }>();
  readonly #durations = new Map<string, Durations>();

  add({ command: given, code, seconds }: CniCallOutcome): void {
    const command = commands.includes(given) ? given : 'other';
    const key = `${command} ${code}`;
    const total = this.#totals.get(key) ?? { command, code, count: 0 };
    total.count += 1;
    this.#totals.set(key, total);
    const durations = this.#durations.get(command) ?? { counts: bounds.map(() => 0), sum: 0, count: 0 };
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1;
    durations.sum += seconds;
    durations.count += 1;
    this.#durations.set(command, durations);
  }

  families(): Family[] {
    return [
      {
        name: 'vdpactl_cni_calls_total',
        help: 'Calls of the CNI plugin by command and CNI error code; code 0 is success.',
        type: 'counter',
        samples: [...this.#totals.values()].map(({ command, code, count }) => ({
          labels: { command, code: String(code) },
          value: count,
        })),
      },
      {
        name: 'vdpactl_cni_call_duration_seconds',
        help: 'Time from a call of the CNI plugin to its answer, within the agent.',
        type: 'histogram',
        samples: [...this.#durations].flatMap(([command, durations]) => samplesOf(command, durations)),
      },
    ];
  }
}

function samplesOf(command: string, { counts, sum, count }: Durations): Sample[] {
  let below = 0;
  const buckets = bounds.map((bound, index): Sample => {
    below += counts[index] ?? 0;
    return { suffix: '_bucket', labels: { command, le: String(bound) }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { command, le: '+Inf' }, value: count },
    { suffix: '_sum', labels: { command }, value: sum },
    { suffix: '_count', labels: { command }, value: count },
  ];
}
