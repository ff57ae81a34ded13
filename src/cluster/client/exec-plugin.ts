// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { run } from '../../process/run.ts';
import type { ClusterEntry, ExecEntry } from './kubeconfig-schema.ts';

/** A plugin may ask an identity provider, which may be far away. */
const pluginTimeoutMs = 60_000;

const statusSchema = z.object({
  token: z.string().min(1).nullish(),
  clientCertificateData: z.string().min(1).nullish(),
  clientKeyData: z.string().min(1).nullish(),
  expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
});

const answerSchema = z.object({ kind: z.literal('ExecCredential'), apiVersion: z.string(), status: statusSchema });

export interface PluginCredential {
  readonly token: string | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  /** Milliseconds since 1970; null: good until the API server says otherwise. */
  readonly expires: number | null;
}

/**
 * Runs the credential plugin of a kubeconfig (`exec`), which nobody can answer questions of. What it prints is secret
 * and goes nowhere else.
 * @throws VdpaError VDPA-CLUSTER-004 when it gives no credential.
 */
export async function runExecPlugin(
  exec: ExecEntry,
  cluster: ClusterEntry,
  env: NodeJS.ProcessEnv,
): Promise<PluginCredential> {
  const refuse = (message: string, stderr = ''): never => {
    throw new VdpaError('VDPA-CLUSTER-004', `the credential plugin ${exec.command} ${message}`, {
      next:
        exec.installHint?.trim() ?? `run ${[exec.command, ...exec.args].join(' ')} by hand and see what it asks for`,
      details: stderr.trim().split('\n').slice(-5),
    });
  };
  if (exec.interactiveMode === 'Always') return refuse('wants to ask questions, which vdpactl cannot pass on');
  const added = Object.fromEntries(exec.env.map(({ name, value }) => [name, value]));
  const result = await run(exec.command, exec.args, {
    env: { ...env, ...added, KUBERNETES_EXEC_INFO: execInfo(exec, cluster) },
    timeoutMs: pluginTimeoutMs,
  });
  if (result.failure !== null) return refuse('cannot be run, or gave no answer within 60 s', result.stderr);
  if (result.exitCode !== 0) return refuse(`ended with exit code ${result.exitCode}`, result.stderr);
  const answer = parseAnswer(result.stdout);
  if (answer === null || answer.apiVersion !== exec.apiVersion) {
    return refuse(`printed no ExecCredential of ${exec.apiVersion}`, result.stderr);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status;
  const certificate = cert && key ? { cert, key } : null;
  if (!token && certificate === null) return refuse('gave neither a token nor a certificate with its key');
  return { token: token ?? null, certificate, expires: expirationTimestamp ? Date.parse(expirationTimestamp) : null };
}

function parseAnswer(text: string): z.infer<typeof answerSchema> | null {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function execInfo(exec: ExecEntry, cluster: ClusterEntry): string {
  const spec = { interactive: false, ...(exec.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) };
  return JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec });
}

function clusterInfo(cluster: ClusterEntry): object {
  const file = cluster['certificate-authority'];
  const authority =
    cluster['certificate-authority-data'] ?? (file === undefined ? undefined : readFileSync(file).toString('base64'));
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data': authority,
    'proxy-url': cluster['proxy-url'],
    config: cluster.extensions.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension,
  };
}
