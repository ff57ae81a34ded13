// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ApiError } from '../../src/cluster/client/api-error.ts';
import type { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { apiResources, resourcePath } from './helpers/api-resources.ts';

const eventSchema = z.object({
  type: z.string(),
  object: z.object({
    metadata: z.object({ name: z.string().optional(), deletionTimestamp: z.string().optional() }),
  }),
});

/**
 * A simulator: does for namespaces what the controller manager does, where there is only an API server. A new one gets
 * its account `default`; one that is being deleted goes, with its pods.
 */
export function simulateNamespaces(client: KubeClient): { stop(): Promise<void> } {
  const end = new AbortController();
  const finished = watchNamespaces(client, end.signal);
  return {
    async stop() {
      end.abort();
      await finished;
    },
  };
}

async function watchNamespaces(client: KubeClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const query = { resourceVersion: 0 };
      for await (const line of client.watch({ path: '/api/v1/namespaces', query, signal })) {
        const { type, object } = eventSchema.parse(line);
        const name = object.metadata.name ?? '';
        if (type === 'ADDED' && object.metadata.deletionTimestamp === undefined) await giveAccount(client, name);
        if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) await finalize(client, name);
      }
    } catch (error) {
      if (error instanceof z.ZodError) throw error;
      // The API server is away.
      if (!signal.aborted) await sleep(200);
    }
  }
}

async function giveAccount(client: KubeClient, namespace: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
  await client
    .request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts`, body })
    .catch(ignoring(404, 409, 403));
}

async function finalize(client: KubeClient, name: string): Promise<void> {
  await empty(client, name);
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } };
  await client.request({ method: 'PUT', path: `/api/v1/namespaces/${name}/finalize`, body }).catch(ignoring(404, 409));
}

/** What it still has goes without its finalizers being asked. */
async function empty(client: KubeClient, namespace: string): Promise<void> {
  const kinds = (await apiResources(client)).filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('deletecollection'),
  );
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Background' };
  await Promise.all(
    kinds.map((kind) =>
      client.request({ method: 'DELETE', path: resourcePath(kind, namespace), body }).catch(ignoring(404, 405)),
    ),
  );
}

function ignoring(...statuses: readonly number[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof ApiError) || !statuses.includes(error.status)) throw error;
  };
}
