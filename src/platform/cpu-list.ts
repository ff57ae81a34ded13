// SPDX-License-Identifier: Apache-2.0

/** More CPUs than any Linux is built for. */
const maxCpu = 65_535;

/**
 * The numbers in the kernel's list format (`0-3,8`), ascending and without repetition; an empty text is an empty list.
 * null for anything else, and for numbers beyond any Linux kernel's.
 */
export function parseCpuList(text: string): number[] | null {
  const numbers = new Set<number>();
  const trimmed = text.trim();
  if (trimmed === '') return [];
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim());
    if (match === null) return null;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first > last || last > maxCpu) return null;
    for (let cpu = first; cpu <= last; cpu += 1) numbers.add(cpu);
  }
  return [...numbers].sort((a, b) => a - b);
}
