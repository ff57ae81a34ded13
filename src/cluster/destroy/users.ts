// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';

const pageSize = 500;
const containerSchema = z.object({
  resources: z.object({ requests: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        labels: z.record(z.string(), z.string()).nullish(),
      }),
      spec: z.object({ nodeName: z.string().nullish(), containers: z.array(containerSchema) }),
      status: z.object({ phase: z.string().nullish() }).nullish(),
    }),
  ),
});

/** A pod that has been given devices of the stack. */
export interface PodOfDevices {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** It belongs to a workload of the stack itself. */
  readonly ours: boolean;
}

/** The pods of the whole cluster that have, or are to get, devices of the stack. Read in pages: memory stays flat. */
export async function podsWithDevices(client: KubeClient, signal: AbortSignal): Promise<PodOfDevices[]> {
  const found: PodOfDevices[] = [];
  let next: string | null | undefined;
  do {
    const query = {
      limit: pageSize,
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
      ...(next ? { continue: next } : {}),
    };
    const page = pageSchema.parse(await client.request({ path: '/api/v1/pods', query, signal }));
    for (const { metadata, spec } of page.items) {
      if (!spec.containers.some(({ resources }) => fullResourceName in (resources?.requests ?? {}))) continue;
      const ours = metadata.labels?.['app.kubernetes.io/managed-by'] === 'vdpactl';
      found.push({ namespace: metadata.namespace, name: metadata.name, node: spec.nodeName ?? '', ours });
    }
    next = page.metadata?.continue;
  } while (next);
  return found;
}
