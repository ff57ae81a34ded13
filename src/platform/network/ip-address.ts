// SPDX-License-Identifier: Apache-2.0

/** The four octets of `192.0.2.1` as one number, or null. */
export function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const octets = match.slice(1).map(Number);
  return octets.some((octet) => octet > 255) ? null : octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** The 32 hex digits of an IPv6 address without a zone, or null. */
export function parseIpv6(text: string): string | null {
  if (text.length > 45 || !/^[0-9a-f:.]+$/i.test(text)) return null;
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const ipv4 = embedded?.[2] === undefined ? null : parseIpv4(embedded[2]);
  if (embedded !== null && ipv4 === null) return null;
  const plain = ipv4 === null ? text : `${embedded?.[1]}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
  const halves = plain.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array<string>(Math.max(missing, 0)).fill('0'), ...tail];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => group.padStart(4, '0').toLowerCase()).join('');
}

/** 32 hex digits as people write the address: RFC 5952, without the dotted form of embedded IPv4. */
export function formatIpv6(hex: string): string {
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ''));
  const runs = [...groups.join(':').matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].map((match) => match[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  const text = groups.join(':');
  return longest === '' ? text : text.replace(new RegExp(`(?:^|:)${longest}(?:$|:)`), '::');
}

/** The one spelling of an address that is compared and shown; IPv4 mapped into IPv6 becomes IPv4. null for no address. */
export function canonicalAddress(text: string): string | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return formatIpv4(ipv4);
  const hex = parseIpv6(text);
  if (hex === null) return null;
  return hex.startsWith('00000000000000000000ffff') ? formatIpv4(Number(`0x${hex.slice(24)}`)) : formatIpv6(hex);
}

/** The first `bits` of two addresses of 32 hex digits are the same. */
export function samePrefix(a: string, b: string, bits: number): boolean {
  const shift = BigInt(128 - bits);
  return BigInt(`0x${a}`) >> shift === BigInt(`0x${b}`) >> shift;
}
