// SPDX-License-Identifier: Apache-2.0
import type { FleetResult } from '../../fleet/fleet-result.ts';
import type { Progress } from '../../output/progress.ts';
import { manifestFile } from '../../platform/capture/sysdump-reports.ts';
import { schemaVersion } from '../../schema-version.ts';
import { version } from '../../version.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { serverVersion } from '../facts/server-version.ts';
import type { Inventory } from '../stack/inventory.ts';
import { ArchiveFile } from './archive-file.ts';
import { collectAgents } from './collect/agents.ts';
import type { LogLimits } from './collect/end-of-log.ts';
import { collectEvents } from './collect/events.ts';
import { collectLogs } from './collect/logs.ts';
import { collectNodes } from './collect/nodes.ts';
import { collectPods, type LoggedPod } from './collect/pods.ts';
import { collectReports } from './collect/reports.ts';
import { collectInventory, collectLease, collectObjects } from './collect/stack.ts';
import { Digest } from './digest.ts';
import { indexHtml } from './index-html.ts';
import { type PartRecord, Parts } from './parts.ts';

export interface SysdumpRequest {
  readonly client: KubeClient;
  /** Of the stack, and of its workloads. */
  readonly namespace: string;
  readonly workloadNamespace: string;
  /** Where to write, as a path; `shown` is how the user called it. */
  readonly file: string;
  readonly shown: string;
  readonly force: boolean;
  readonly logs: LogLimits;
  /** Only these nodes, and the pods on them; null: all. */
  readonly nodes: readonly string[] | null;
  /** Logs at once. */
  readonly parallel: number;
  /** Asks nodes for their reports, of which the host names are given; null: they are not asked. */
  readonly probe: ((hosts: readonly string[] | null, signal: AbortSignal) => Promise<readonly FleetResult[]>) | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly now?: Date;
  /** For all logs, ms; ten minutes unless given. */
  readonly logsTimeoutMs?: number;
}

export interface Sysdump {
  readonly bytes: number;
  readonly files: number;
  readonly parts: readonly PartRecord[];
}

/** How long each part may take, ms: so that one that nobody answers leaves time for the others. */
const deadlines = { short: 30_000, long: 120_000, logs: 600_000, reports: 600_000 } as const;

/**
 * Gathers what somebody needs who is to say why a stack does not work, in one archive. What cannot be had is named in it, with
 * why, and is no error: half the cluster may be down. Of objects only named fields are taken, and of Secrets nothing.
 * @throws VdpaError VDPA-CONFIG-004, VDPA-SYSDUMP-001 and VDPA-DISK-001 for the file.
 */
export async function takeSysdump(request: SysdumpRequest): Promise<Sysdump> {
  const archive = ArchiveFile.open(request.file, request.shown, request.force);
  try {
    const parts = await gatherAll(request, archive);
    const { files } = archive;
    return { bytes: await archive.finish(), files, parts };
  } catch (error) {
    await archive.discard();
    throw error;
  }
}

async function gatherAll(request: SysdumpRequest, archive: ArchiveFile): Promise<readonly PartRecord[]> {
  const { client, namespace, nodes, progress, signal } = request;
  const startedAt = (request.now ?? new Date()).toISOString();
  const manifest = { schemaVersion, kind: 'sysdump', version, context: client.access.context, namespace, startedAt };
  await archive.add(manifestFile, json(manifest));
  const digest = new Digest();
  const parts = new Parts(archive, progress, signal);
  const wanted = nodes === null ? null : new Set(nodes);
  let hosts: readonly string[] = [];
  let inventory: Inventory | null = null;
  let pods: readonly LoggedPod[] = [];

  await parts.gather('version', deadlines.short, async (scope) => {
    digest.serverVersion = await serverVersion(client, scope.signal);
    await scope.add('version.json', { server: digest.serverVersion, vdpactl: version });
  });
  await parts.gather('inventory', deadlines.short, async (scope) => {
    inventory = await collectInventory(client, namespace, digest, scope);
  });
  await parts.gather('lease', deadlines.short, (scope) => collectLease(client, namespace, scope));
  await parts.gather('nodes', deadlines.long, async (scope) => {
    hosts = await collectNodes(client, wanted, digest, scope);
  });
  await parts.gather('objects', deadlines.long, (scope) => collectObjects(client, namespace, inventory, scope));
  const places = namespacesOf(request, inventory);
  await parts.gather('events', deadlines.long, (scope) => collectEvents(client, places, digest, scope));
  await parts.gather('pods', deadlines.long, async (scope) => {
    pods = await collectPods(client, places, wanted, digest, scope);
  });
  await parts.gather('agents', deadlines.long, (scope) => collectAgents(client, namespace, wanted, digest, scope));
  await gatherReports(request, parts, wanted === null ? null : hosts);
  const limits = { ...request.logs, parallel: request.parallel };
  await parts.gather('logs', request.logsTimeoutMs ?? deadlines.logs, (scope) =>
    collectLogs(client, pods, limits, digest, scope),
  );

  const records = parts.records;
  await archive.add('index.json', json({ ...manifest, endedAt: new Date().toISOString(), parts: records }));
  const header = { ...manifest, serverVersion: digest.serverVersion };
  await archive.add('index.html', indexHtml(header, digest, records));
  return records;
}

async function gatherReports({ probe }: SysdumpRequest, parts: Parts, hosts: readonly string[] | null): Promise<void> {
  if (probe === null) return parts.skip('reports', 'the nodes were not to be asked (--quick)');
  if (hosts?.length === 0) return parts.skip('reports', 'there is no node to ask');
  await parts.gather('reports', deadlines.reports, async (scope) => {
    await collectReports(await probe(hosts, scope.signal), scope);
  });
}

/** Where the stack has pods: where its plan says, and where the config does. */
function namespacesOf({ namespace, workloadNamespace }: SysdumpRequest, inventory: Inventory | null): string[] {
  const planned = inventory?.plan.objects.flatMap(({ metadata }) => metadata.namespace ?? []) ?? [];
  return [...new Set([namespace, workloadNamespace, ...planned])];
}

const json = (document: object): string => `${JSON.stringify(document, null, 1)}\n`;
