// SPDX-License-Identifier: Apache-2.0
import { errnoOf, messageOf } from '../../errors/vdpa-error.ts';
import type { Cloud, Evidence, NodeReport } from '../node-report.ts';
import { alibabaEndpoint, readAlibabaIdentity } from './alibaba-metadata.ts';
import { awsEndpoint, readAwsIdentity } from './aws-metadata.ts';
import { type CloudName, cloudsByFirmware } from './firmware-clouds.ts';

export interface CloudOptions {
  /** Which metadata service to ask: `auto` those of the clouds that the firmware names, `none` never any. */
  readonly cloud?: 'auto' | 'none' | CloudName;
  /** Has the variables by which the clouds' own SDKs find or avoid the services. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** For the whole exchange with all services. */
  readonly deadlineMs?: number;
}

const readers = {
  aws: { read: readAwsIdentity, endpoint: awsEndpoint },
  alibaba: { read: readAlibabaIdentity, endpoint: alibabaEndpoint },
} as const;

/**
 * Adds who the cloud says the machine is to a report of the running machine, and what was asked to its evidence. That no
 * one answers is evidence and no error; only an abort is thrown. Never for a captured tree: it would ask for the reader.
 */
export async function withCloud(report: NodeReport, options: CloudOptions = {}): Promise<NodeReport> {
  const wanted = options.cloud ?? 'auto';
  if (wanted === 'none') return report;
  const names = wanted === 'auto' ? cloudsByFirmware(report.node.dmi).map(({ cloud }) => cloud) : [wanted];
  if (names.length === 0) return report;
  const deadlineMs = options.deadlineMs ?? 1000;
  const deadline = new AbortController();
  // Not AbortSignal.timeout, whose timer lets the process end before the answer is there.
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  const signal = AbortSignal.any([deadline.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    const answers = await Promise.all(names.map((name) => askOne(name, options.env ?? {}, signal, deadlineMs)));
    options.signal?.throwIfAborted();
    const [cloud = null, ...others] = answers.flatMap((answer) => answer.cloud ?? []);
    const conflict: Evidence[] = others.map((other) => ({
      claim: 'cloud, in conflict',
      source: other.source,
      value: `${words(other)}, while another service says ${cloud === null ? 'nothing' : words(cloud)}`,
    }));
    const evidence = [...report.evidence, ...answers.map((answer) => answer.evidence), ...conflict];
    return { ...report, node: { ...report.node, cloud }, evidence };
  } finally {
    clearTimeout(timer);
    // Of several questions to one service the first refusal decides; none of the others is left open.
    deadline.abort();
  }
}

async function askOne(
  name: CloudName,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<{ cloud: Cloud | null; evidence: Evidence }> {
  const { read, endpoint } = readers[name];
  const claim = `cloud ${name}`;
  try {
    const cloud = await read(env, signal);
    return { cloud, evidence: { claim, source: cloud.source, value: words(cloud) } };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${deadlineMs} ms` : reasonOf(error);
    return { cloud: null, evidence: { claim, source: shownEndpoint(endpoint(env)), value: `no identity: ${why}` } };
  }
}

function words({ name, instanceId, instanceType, zone }: Cloud): string {
  return [name, instanceId, instanceType, zone].filter((word) => word !== null).join(' ');
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  return errno === null || errno.startsWith('ERR_') ? messageOf(error).split('\n', 1).join('').slice(0, 200) : errno;
}

/** Without the name and password that somebody may have put into it. */
function shownEndpoint(endpoint: string): string {
  try {
    return new URL(endpoint).origin;
  } catch {
    return 'no address';
  }
}
