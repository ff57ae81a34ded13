// SPDX-License-Identifier: Apache-2.0
import { machine, networkInterfaces } from 'node:os';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { ask } from '../../process/ask.ts';
import { schemaVersion } from '../../schema-version.ts';
import { askIp, askIpRoutes, type FurtherRoute, type PlacedAddress } from '../network/ip-command.ts';
import type { Cloud, Evidence } from '../node-report.ts';

/** Where a capture keeps what no file of the machine holds. */
export const toldFile = 'vdpactl/capture.json';

/** What a machine says that is in none of its files. */
export interface Told {
  /** The architecture, as `uname -m`. */
  machine(): string | null;
  /** The IPv4 addresses of at least the interfaces that are up and running, loopback's too; null: nobody asked. */
  runningAddresses(): readonly PlacedAddress[] | null;
  /** The IPv4 addresses of all interfaces. Asked only where those of the running ones leave something open. */
  allAddresses(): readonly PlacedAddress[];
  /** The IPv4 routes of other tables than main; null: nobody can tell. Asked only where there are such tables. */
  furtherRoutes(): readonly FurtherRoute[] | null;
  /** What `vdpa -jp mgmtdev show` prints; null where it cannot be asked. A capture keeps that as a file. */
  vdpaManagementDevices(): string | null;
  /** The SSH connection that the probe ran in; the running machine has it in its environment instead. */
  readonly sshConnection: string | null;
  /** What the cloud's metadata service said when the capture was made. */
  readonly cloud: CloudAnswer;
}

export interface CloudAnswer {
  readonly cloud: Cloud | null;
  readonly evidence: readonly Evidence[];
}

/** What a capture keeps of it. */
export interface ToldDocument {
  readonly machine: string | null;
  readonly sshConnection: string | null;
  /** null: nobody asked, so that an interface without one here may have one all the same. */
  readonly ipv4Addresses: readonly PlacedAddress[] | null;
  /** null: nobody asked. */
  readonly ipv4FurtherRoutes: readonly FurtherRoute[] | null;
  readonly cloud: CloudAnswer;
}

const nothing: CloudAnswer = { cloud: null, evidence: [] };

/** The running machine. */
export function machineTold(): Told {
  return {
    machine,
    runningAddresses: () =>
      Object.entries(networkInterfaces()).flatMap(([iface, addresses]) =>
        (addresses ?? [])
          .filter(({ family }) => family === 'IPv4')
          .map(({ address }) => ({ iface, address, source: 'getifaddrs' })),
      ),
    allAddresses: askIp,
    furtherRoutes: askIpRoutes,
    vdpaManagementDevices: () => ask('vdpa', ['-jp', 'mgmtdev', 'show']),
    sshConnection: null,
    cloud: nothing,
  };
}

/** What was kept of a machine. */
export function keptTold(kept: ToldDocument): Told {
  const askedOfIp = ({ source }: PlacedAddress) => source === 'ip address';
  const running = kept.ipv4Addresses?.filter((placed) => !askedOfIp(placed)) ?? null;
  return {
    machine: () => kept.machine,
    runningAddresses: () => running,
    allAddresses: () => kept.ipv4Addresses?.filter(askedOfIp) ?? [],
    furtherRoutes: () => kept.ipv4FurtherRoutes,
    vdpaManagementDevices: () => null,
    sshConnection: kept.sshConnection,
    cloud: kept.cloud,
  };
}

/**
 * Reads `vdpactl/capture.json`.
 * @throws VdpaError VDPA-BUNDLE-002 when it is not what vdpactl writes.
 */
export function parseTold(text: string, where: string): Told {
  const damaged = (what: string) =>
    new VdpaError('VDPA-BUNDLE-002', `the capture is damaged: ${what}`, {
      where,
      next: 'make it again on the machine: vdpactl detect --save FILE.tgz',
    });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw damaged('this is not JSON');
  }
  if (!isRecord(document)) throw damaged('this is no object');
  if (document['schemaVersion'] !== schemaVersion) {
    throw damaged(`schemaVersion is not ${schemaVersion}: another version of vdpactl made it`);
  }
  const label = (key: string, value: unknown, limit: number): string => {
    if (typeof value !== 'string' || value.length > limit) throw damaged(`${key} is no text, or too long`);
    return value;
  };
  const textOrNull = (key: string, value: unknown, limit = 256) =>
    value === null || value === undefined ? null : label(key, value, limit);
  const list = (key: string, value: unknown): Record<string, unknown>[] | null => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value) || !value.every(isRecord)) throw damaged(`${key} is no list of objects`);
    return value;
  };

  const addresses = list('ipv4Addresses', document['ipv4Addresses'])?.map((entry, index) => ({
    iface: label(`ipv4Addresses[${index}].interface`, entry['interface'], 64),
    address: label(`ipv4Addresses[${index}].address`, entry['address'], 64),
    source: label(`ipv4Addresses[${index}].source`, entry['source'], 64),
  }));
  const routes = list('ipv4FurtherRoutes', document['ipv4FurtherRoutes'])?.map((entry, index) => ({
    iface: label(`ipv4FurtherRoutes[${index}].interface`, entry['interface'], 64),
    table: label(`ipv4FurtherRoutes[${index}].table`, entry['table'], 64),
    isDefault: entry['default'] === true,
  }));
  const evidence = list('cloudEvidence', document['cloudEvidence'])?.map((entry, index) => ({
    claim: label(`cloudEvidence[${index}].claim`, entry['claim'], 1024),
    source: label(`cloudEvidence[${index}].source`, entry['source'], 1024),
    value: textOrNull(`cloudEvidence[${index}].value`, entry['value'], 1024),
  }));
  return keptTold({
    machine: textOrNull('machine', document['machine']),
    sshConnection: textOrNull('sshConnection', document['sshConnection']),
    ipv4Addresses: addresses ?? null,
    ipv4FurtherRoutes: routes ?? null,
    cloud: { cloud: parseCloud(document['cloud']), evidence: evidence ?? [] },
  });

  function parseCloud(cloud: unknown): Cloud | null {
    if (cloud === null || cloud === undefined) return null;
    if (!isRecord(cloud)) throw damaged('cloud is no object');
    const { name } = cloud;
    if (name !== 'aws' && name !== 'alibaba') throw damaged('cloud.name is neither aws nor alibaba');
    return {
      name,
      instanceId: textOrNull('cloud.instanceId', cloud['instanceId']),
      instanceType: textOrNull('cloud.instanceType', cloud['instanceType']),
      region: textOrNull('cloud.region', cloud['region']),
      zone: textOrNull('cloud.zone', cloud['zone']),
      source: label('cloud.source', cloud['source'], 1024),
    };
  }
}

/** The text of `vdpactl/capture.json`. `time` is all that differs between two captures of a machine that did not change. */
export function formatTold(kept: ToldDocument, about: { version: string; time: Date }): string {
  const document = {
    schemaVersion,
    kind: 'Capture',
    version: about.version,
    time: about.time.toISOString(),
    machine: kept.machine,
    sshConnection: kept.sshConnection,
    ipv4Addresses:
      kept.ipv4Addresses?.map(({ iface, address, source }) => ({ interface: iface, address, source })) ?? null,
    ipv4FurtherRoutes:
      kept.ipv4FurtherRoutes?.map(({ iface, table, isDefault }) => ({ interface: iface, table, default: isDefault })) ??
      null,
    cloud: kept.cloud.cloud,
    cloudEvidence: kept.cloud.evidence,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
