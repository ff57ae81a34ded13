// SPDX-License-Identifier: Apache-2.0

export interface Ipv4Network {
  /** The network address as an unsigned 32-bit number. */
  readonly address: number;
  readonly prefixLength: number;
}

export interface WorkloadRoute {
  /** As `10.253.0.0/16`. */
  readonly network: string;
  /** The DPDK port that it leads to. */
  readonly port: number;
}

/** `10.253.0.0/16`, or null. Host bits are cleared. */
export function parseIpv4Network(text: string): Ipv4Network | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const prefixLength = numbers[4];
  if (prefixLength === undefined || prefixLength > 32 || numbers.slice(0, 4).some((octet) => octet > 255)) return null;
  const address = numbers.slice(0, 4).reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefixLength);
  return { address: address - (address % size), prefixLength };
}

/** Whether the two networks have an address in common: then one lies within the other. */
export function networksOverlap(a: Ipv4Network, b: Ipv4Network): boolean {
  const size = 2 ** (32 - Math.min(a.prefixLength, b.prefixLength));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/** The IPv4 routes that l3fwd lists when it starts. Any text is accepted; IPv6 routes are passed over. */
export function parseWorkloadRoutes(log: string): WorkloadRoute[] {
  return log.split('\n').flatMap((line) => {
    const prefix = /^\s*(?:LPM|FIB): Adding route ([\d.]{7,15}) \/ (\d{1,2}) \((\d{1,5})\)/.exec(line);
    if (prefix !== null) return [{ network: `${prefix[1]}/${prefix[2]}`, port: Number(prefix[3]) }];
    // Exact match: destination, source, ports and protocol of one flow.
    const exact = /^\s*EM: Adding route ([\d.]{7,15}), [^(]{1,80}\((\d{1,5})\)/.exec(line);
    return exact === null ? [] : [{ network: `${exact[1]}/32`, port: Number(exact[2]) }];
  });
}
