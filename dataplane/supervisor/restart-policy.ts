// SPDX-License-Identifier: Apache-2.0

/** A process that ran this long before it ended counts as healthy: it is started again at once. */
export const stableMs = 10_000;

const firstDelayMs = 200;
const maxDelayMs = 30_000;

/** Failures in a row after a process ended by itself, having run for `uptimeMs`. */
export function countFailure(failures: number, uptimeMs: number): number {
  return uptimeMs >= stableMs ? 0 : failures + 1;
}

/** How long to wait before the next start, ms: nothing, then 200 ms doubling to half a minute. */
export function restartDelayMs(failures: number): number {
  if (failures <= 0) return 0;
  return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
}
