// SPDX-License-Identifier: Apache-2.0
import { canonicalAddress, parseIpv4, parseIpv6, samePrefix } from './ip-address.ts';
import type { Ipv4Route, Ipv6Route } from './net-tables.ts';

export interface SshConnection {
  readonly client: SshEnd;
  readonly server: SshEnd;
}

interface SshEnd {
  readonly address: string;
  /** The interface of a link-local address (`fe80::1%eth0`). */
  readonly zone: string | null;
}

/** `SSH_CONNECTION`: client address and port, server address and port. null when it is not set or says something else. */
export function parseSshConnection(text: string | undefined): SshConnection | null {
  if (text === undefined || text.length > 256) return null;
  const [clientText, , serverText, serverPort] = text.trim().split(/\s+/);
  if (clientText === undefined || serverText === undefined || serverPort === undefined) return null;
  const client = parseEnd(clientText);
  const server = parseEnd(serverText);
  return client === null || server === null ? null : { client, server };
}

function parseEnd(text: string): SshEnd | null {
  const [bare = '', zone] = text.split('%', 2);
  const address = canonicalAddress(bare);
  return address === null ? null : { address, zone: zone === undefined || zone === '' ? null : zone };
}

interface Routes {
  readonly ipv4Routes: readonly Ipv4Route[];
  readonly ipv6Routes: readonly Ipv6Route[];
}

/** The interfaces by which packets for `address` leave: those of the narrowest routes that fit. */
export function interfacesTowards(address: string, routes: Routes): string[] {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== null) {
    if (ipv4 >>> 24 === 127) return [];
    return narrowest(
      routes.ipv4Routes.filter((route) => !route.reject && (ipv4 & route.mask) >>> 0 === route.destination),
      (route) => route.mask,
    );
  }
  const ipv6 = parseIpv6(address);
  if (ipv6 === null) return [];
  return narrowest(
    routes.ipv6Routes.filter((route) => !route.reject && samePrefix(ipv6, route.destination, route.prefixLength)),
    (route) => route.prefixLength,
  );
}

function narrowest<Route extends { readonly iface: string }>(
  routes: readonly Route[],
  width: (route: Route) => number,
): string[] {
  const best = Math.max(...routes.map(width));
  return [...new Set(routes.filter((route) => width(route) === best).map((route) => route.iface))];
}
