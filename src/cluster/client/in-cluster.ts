// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Kubeconfig, kubeconfigSchema } from './kubeconfig-schema.ts';

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a pod is given to talk to its own cluster, as a kubeconfig; null outside of one. */
export function inClusterKubeconfig(env: NodeJS.ProcessEnv, folder = accountFolder): Kubeconfig | null {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const tokenFile = join(folder, 'token');
  if (host === '' || !existsSync(tokenFile)) return null;
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const name = 'in-cluster';
  return kubeconfigSchema.parse({
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [{ name, user: { tokenFile } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: readNamespace(folder) } }],
  });
}

function readNamespace(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim();
  } catch {
    return null;
  }
}
