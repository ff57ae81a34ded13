// SPDX-License-Identifier: Apache-2.0

/** Numbers as a reader meets them in reports: the same in every locale. */

/** A whole number with a comma between thousands. */
export function groupedCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/**
 * A large number with a few significant digits (three, or as many as asked for) and its prefix: `130 k`, `1.34 M`,
 * `14.9 M`; below 1000 a whole number.
 */
export function shortCount(value: number, significant = 3): string {
  const prefixes = ['', ' k', ' M', ' G', ' T'];
  let scaled = value;
  let index = 0;
  // What would be rounded to 1000 is 1.00 of the next prefix.
  const next = 1000 - 0.5 * 10 ** (3 - significant);
  while (Math.abs(scaled) >= (index === 0 ? 999.5 : next) && index < prefixes.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  if (index === 0) return scaled.toFixed(0);
  const whole = [1, 2, 3].find((digits) => Math.abs(scaled) < 10 ** digits - 0.5 * 10 ** (digits - significant)) ?? 3;
  return `${scaled.toFixed(Math.max(0, significant - whole))}${prefixes[index]}`;
}

/** A share, not negative, as a percentage: enough digits to tell it from nothing and from all. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value === 0 || value === 100) return `${value} %`;
  if (value < 0.01) return '< 0.01 %';
  if (value < 100 && value > 99.99) return '> 99.99 %';
  return `${value.toFixed(value < 10 || (value > 99 && value < 100) ? 2 : 1)} %`;
}

/** A rate of packets, in full. */
export function packetRate(pps: number): string {
  return `${groupedCount(pps)} packets/s`;
}

/** What the rate means in bits of frames with their check sequence (layer 2). */
export function bitRate(pps: number, frameSize: number): string {
  const bits = pps * frameSize * 8;
  const text = shortCount(bits);
  return `${text}${text.includes(' ') ? '' : ' '}bit/s`;
}

export function seconds(value: number): string {
  return `${Number(value.toPrecision(3))} s`;
}

/** A point in time to the second, as `2026-11-23 21:05:09 UTC`; the text itself where it is none. */
export function utcTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
