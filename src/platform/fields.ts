// SPDX-License-Identifier: Apache-2.0

/** Parsers of the single values that sysfs and procfs hold. Each answers null for anything that it does not know. */

/** `0x1af4` as `1af4`: exactly `digits` lower-case hex digits, or null. */
export function parseHex(text: string | null, digits: number): string | null {
  if (text === null || text.length > 64) return null;
  const match = /^(?:0x)?([0-9a-f]+)$/i.exec(text.trim());
  if (match?.[1] === undefined || match[1].length !== digits) return null;
  return match[1].toLowerCase();
}

/** A number of things: decimal, not negative, and small enough to be exact. */
export function parseCount(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

/** A MAC address of six octets, lower case. InfiniBand's are longer and no MAC addresses. */
export function parseMac(text: string | null): string | null {
  return text !== null && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text) ? text.toLowerCase() : null;
}

/** A PCI address, `0000:00:03.0`; some bridges have domains of more than four digits. */
export const pciAddressPattern = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;

/** The PCI address nearest to the end of a sysfs path: the function that a device belongs to. */
export function lastPciAddress(path: string): string | null {
  return path.split('/').findLast((part) => pciAddressPattern.test(part)) ?? null;
}

/** Text that firmware or a person wrote: one line, printable, of bearable length; null when nothing is left. */
export function parseLabel(text: string | null): string | null {
  if (text === null) return null;
  const clean = text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('\ufffd', '?')
    .trim()
    .slice(0, 128)
    .trim();
  return clean === '' ? null : clean;
}
