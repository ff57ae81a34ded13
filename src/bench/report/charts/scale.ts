// SPDX-License-Identifier: Apache-2.0

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly startsAtZero: boolean;
}

const prefixes = ['', 'k', 'M', 'G', 'T'];

/**
 * An axis from `low` to `high` or a little beyond, with four to seven ticks at round numbers, labelled with as many digits as
 * tell them apart. Finite numbers, `low` not above `high`.
 */
export function niceAxis(low: number, high: number): Axis {
  // Values that hardly differ are shown as one: ticks a millionth apart would all read the same.
  const apart = Math.max(high - low, Math.abs(high) * 1e-6);
  const span = apart < 1e-6 ? 1 : apart;
  const step = niceStep(span / 5);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil((low + span) / step));
  const scale = Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, last * step)) / 3)));
  const unit = 1000 ** scale;
  const decimals = Math.max(0, Math.min(9, -Math.floor(Math.log10(step / unit) + 1e-9)));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: value === 0 ? '0' : `${(value / unit).toFixed(decimals)}${prefixes[scale]}` };
  });
  return { low: first * step, high: last * step, ticks, startsAtZero: first === 0 };
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Which of `count` labels to write so that at most `room` of them stand side by side: every first, second, fifth, … */
export function labelEvery(count: number, room: number): number {
  return [1, 2, 5, 10, 20, 25, 50, 100].find((every) => count / every <= room) ?? count;
}
