// SPDX-License-Identifier: Apache-2.0

/** All functions take at least one finite number and throw RangeError otherwise: an empty sample has no median. */

export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
  /** The probability that the interval covers the median, at least 0.95. */
  readonly coverage: number;
}

export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** First and third quartile. */
  readonly q1: number;
  readonly q3: number;
  /** Sample standard deviation (n - 1); null for a single value. */
  readonly standardDeviation: number | null;
  /** Median absolute deviation from the median, not scaled. */
  readonly mad: number;
  /** (max - min) / median; null where the median is zero. */
  readonly relativeSpread: number | null;
  /** 95 % confidence interval of the median; null for fewer than six values, which cannot give one. */
  readonly ci95: ConfidenceInterval | null;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The arithmetic mean, by running update so that large values do not overflow. */
export function mean(values: readonly number[]): number {
  let result = 0;
  for (const [index, value] of checked(values).entries()) {
    result += value / (index + 1) - result / (index + 1);
  }
  return result;
}

/** The value below which the share `q` of the sample lies, linear between neighbours (R's type 7, the common one). */
export function quantile(values: readonly number[], q: number): number {
  if (!(q >= 0 && q <= 1)) {
    throw new RangeError(`a quantile lies between 0 and 1, not at ${q}`);
  }
  const sorted = ascending(values);
  const position = (sorted.length - 1) * q;
  const below = at(sorted, Math.floor(position));
  const above = at(sorted, Math.ceil(position));
  const share = position - Math.floor(position);
  return share === 0 ? below : below * (1 - share) + above * share;
}

/** Sample standard deviation (n - 1), or null for a single value. */
export function standardDeviation(values: readonly number[]): number | null {
  const center = mean(values);
  if (values.length < 2) {
    return null;
  }
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

/** Median absolute deviation from the median, in the unit of the values: a spread that one outlier does not move. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const center = median(values);
  return median(values.map((value) => Math.abs(value - center)));
}

/** (max - min) / median, or null where the median is zero. */
export function relativeSpread(values: readonly number[]): number | null {
  const center = median(values);
  const sorted = ascending(values);
  return center === 0 ? null : (at(sorted, sorted.length - 1) - at(sorted, 0)) / center;
}

/**
 * The 95 % confidence interval of the median between two of the values themselves (order statistics): right for every
 * distribution, the narrowest of that kind that covers at least 95 %. The median lies outside [x(k), x(n+1-k)] when at
 * most k - 1 of n values fall on one side of it, each with probability one half. Five values reach only 93.75 %.
 */
export function medianConfidenceInterval(values: readonly number[]): ConfidenceInterval | null {
  const sorted = ascending(values);
  const n = sorted.length;
  let outside = 2 ** -n;
  let term = outside;
  if (1 - 2 * outside < 0.95) {
    return null;
  }
  // Above 1000 values 2^-n is zero; the normal approximation is exact to far more digits than a rate has.
  if (n > 1000) {
    const k = Math.max(1, Math.floor((n + 1) / 2 - (1.96 * Math.sqrt(n)) / 2));
    return { low: at(sorted, k - 1), high: at(sorted, n - k), coverage: 0.95 };
  }
  let k = 1;
  for (;;) {
    term = (term * (n - k + 1)) / k;
    if (1 - 2 * (outside + term) < 0.95) {
      break;
    }
    outside += term;
    k += 1;
  }
  return { low: at(sorted, k - 1), high: at(sorted, n - k), coverage: 1 - 2 * outside };
}

export function summarize(values: readonly number[]): Summary {
  const sorted = ascending(values);
  return {
    count: sorted.length,
    median: median(sorted),
    mean: mean(sorted),
    min: at(sorted, 0),
    max: at(sorted, sorted.length - 1),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
    standardDeviation: standardDeviation(sorted),
    mad: medianAbsoluteDeviation(sorted),
    relativeSpread: relativeSpread(sorted),
    ci95: medianConfidenceInterval(sorted),
  };
}

function checked(values: readonly number[]): readonly number[] {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError('statistics need at least one value, and finite ones');
  }
  return values;
}

function ascending(values: readonly number[]): number[] {
  return [...checked(values)].sort((a, b) => a - b);
}

function at(sorted: readonly number[], index: number): number {
  const value = sorted[index];
  if (value === undefined) {
    throw new RangeError(`no value at ${index} of ${sorted.length}`);
  }
  return value;
}
