// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { type CniVersion, isAtLeast } from './cni-version.ts';

/** What a plugin answers, in one shape for all versions: fields that a version does not have are left out. */
const interfaceSchema = z.object({
  name: z.string(),
  mac: z.string().optional(),
  sandbox: z.string().optional(),
  mtu: z.int().nonnegative().optional(),
  socketPath: z.string().optional(),
  pciID: z.string().optional(),
});

const ipSchema = z.object({
  address: z.union([z.cidrv4(), z.cidrv6()]),
  gateway: z.string().optional(),
  /** Index in `interfaces`. */
  interface: z.int().nonnegative().nullish(),
});

const routeSchema = z.object({
  dst: z.string(),
  gw: z.string().optional(),
  mtu: z.int().optional(),
  advmss: z.int().optional(),
  priority: z.int().optional(),
  table: z.int().optional(),
  scope: z.int().optional(),
});

const dnsSchema = z.object({
  nameservers: z.array(z.string()).optional(),
  domain: z.string().optional(),
  search: z.array(z.string()).optional(),
  options: z.array(z.string()).optional(),
});

const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** A result of any version that we speak. */
export const resultSchema = z.object({
  interfaces: list(interfaceSchema),
  ips: list(ipSchema),
  routes: list(routeSchema),
  dns: dnsSchema.nullish().transform((dns) => dns ?? {}),
});

/** The addresses of one interface: what a plugin for addresses answers. */
export const addressesSchema = resultSchema.pick({ ips: true, routes: true, dns: true });

export type CniResult = z.infer<typeof resultSchema>;
export type CniInterface = z.infer<typeof interfaceSchema>;
export type Addresses = z.infer<typeof addressesSchema>;
type Dns = z.infer<typeof dnsSchema>;

export const noAddresses: Addresses = { ips: [], routes: [], dns: {} };

/** What came before, and one more interface with its addresses. */
export function withInterface(before: CniResult | null, added: CniInterface, addresses: Addresses): CniResult {
  const interfaces = [...(before?.interfaces ?? []), added];
  // A plugin for addresses knows of no interface.
  const ips = addresses.ips.map((ip) => ({ ...ip, interface: interfaces.length - 1 }));
  return {
    interfaces,
    ips: [...(before?.ips ?? []), ...ips],
    routes: [...(before?.routes ?? []), ...addresses.routes],
    dns: mergeDns(before?.dns ?? {}, addresses.dns),
  };
}

function mergeDns(before: Dns, added: Dns): Dns {
  const both = (key: 'nameservers' | 'search' | 'options'): Dns => {
    const all = [...new Set([...(before[key] ?? []), ...(added[key] ?? [])])];
    return all.length === 0 ? {} : { [key]: all };
  };
  const domain = before.domain ?? added.domain;
  return {
    ...both('nameservers'),
    ...(domain === undefined ? {} : { domain }),
    ...both('search'),
    ...both('options'),
  };
}

/** The result in the words of the version that was asked for. */
export function renderResult(result: CniResult, version: CniVersion): string {
  const isLatest = isAtLeast(version, '1.1.0');
  return JSON.stringify({
    cniVersion: version,
    interfaces: result.interfaces.map(({ name, mac, sandbox, ...later }) =>
      isLatest ? { name, mac, sandbox, ...later } : { name, mac, sandbox },
    ),
    ips: result.ips.map(({ address, gateway, interface: index }) => ({
      ...(isAtLeast(version, '1.0.0') ? {} : { version: isIPv6(address.split('/')[0] ?? '') ? '6' : '4' }),
      address,
      gateway,
      interface: index ?? undefined,
    })),
    routes: result.routes.map(({ dst, gw, ...later }) => (isLatest ? { dst, gw, ...later } : { dst, gw })),
    dns: result.dns,
  });
}
