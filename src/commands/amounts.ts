// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from 'commander';

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const bytes: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `90s`, `30m`, `1h`, `2d` in seconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const value = Number(amount) * (seconds[unit ?? ''] ?? Number.NaN);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a time such as 90s, 30m, 1h or 2d.');
  return value;
}

/** `500KiB`, `1MiB` in bytes. */
export function size(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const value = Number(amount) * (bytes[unit ?? ''] ?? Number.NaN);
  if (!(value >= 1024 && value <= 64 * 1024 ** 2)) {
    throw new InvalidArgumentError('It must be a size from 1KiB to 64MiB, such as 500KiB or 1MiB.');
  }
  return value;
}
