// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { ApiError } from '../../client/api-error.ts';
import type { KubeClient } from '../../client/kube-client.ts';
import { allowedEvent } from '../allow/event.ts';
import type { Digest } from '../digest.ts';
import { eachPage } from '../each-page.ts';
import type { PartScope } from '../parts.ts';
import { fileName } from './nodes.ts';

/** A cluster keeps events for an hour; more than these are repetitions. */
const mostEvents = 5000;

const eventSchema = z.object({
  type: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  count: z.int().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
});

/** The events of the namespaces of the stack, and of nodes, which are in the namespace `default`. */
export async function collectEvents(
  client: KubeClient,
  namespaces: readonly string[],
  digest: Digest,
  scope: PartScope,
): Promise<void> {
  const places = [
    ...namespaces.map((name) => ({ name, file: name, fieldSelector: {} })),
    { name: 'default', file: 'nodes', fieldSelector: { fieldSelector: 'involvedObject.kind=Node' } },
  ];
  for (const { name, file, fieldSelector } of places) {
    const path = `/api/v1/namespaces/${name}/events`;
    try {
      const events: Json[] = [];
      for await (const page of eachPage(client, { path, ...fieldSelector, signal: scope.signal })) {
        for (const event of page) {
          const allowed = allowedEvent(event);
          events.push(allowed);
          note(allowed, digest);
        }
        if (events.length >= mostEvents) {
          scope.gap(file, 'skipped', `only the first ${events.length} events are taken`);
          break;
        }
      }
      await scope.add(`events/${fileName(file)}.json`, { events });
    } catch (error) {
      scope.signal.throwIfAborted();
      const isForbidden = error instanceof ApiError && error.status === 403;
      scope.gap(file, isForbidden ? 'skipped' : 'failed', error);
    }
  }
}

function note(event: Json, { warnings }: Digest): void {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success || parsed.data.type !== 'Warning') return;
  const { reason, message, count, lastTimestamp, eventTime, involvedObject } = parsed.data;
  warnings.add({
    at: lastTimestamp ?? eventTime ?? '',
    object: `${involvedObject?.kind ?? ''} ${involvedObject?.name ?? ''}`,
    reason: reason ?? '',
    count: count ?? 1,
    message: message ?? '',
  });
}
