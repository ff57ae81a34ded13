// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { messageOf } from '../../errors/vdpa-error.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { JobMount } from './node-job.ts';

const eventsSchema = z.object({ items: z.array(z.object({ message: z.string().nullish() })) });

/** What kubelet warns of. Whoever may not read events does without. */
export async function warningsOf(
  client: KubeClient,
  namespace: string,
  pod: string,
  signal: AbortSignal,
): Promise<string[]> {
  const query = { fieldSelector: `involvedObject.name=${pod},type=Warning`, limit: 50 };
  try {
    const path = `/api/v1/namespaces/${namespace}/events`;
    const events = eventsSchema.parse(await client.request({ path, query, signal }));
    return events.items.map(({ message }) => (message ?? '').slice(0, 1000)).filter((message) => message !== '');
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof ApiError ? [] : [messageOf(error)];
  }
}

/** The mounts of which kubelet says that the host has no such path. */
export function missingMounts(mounts: readonly JobMount[], warnings: readonly string[]): string[] {
  const optional = mounts.filter(({ everywhere }) => !everywhere).map(({ name }) => name);
  return optional.filter((mount) =>
    warnings.some((text) => text.includes(`volume "${mount}"`) && text.includes('hostPath type check failed')),
  );
}
