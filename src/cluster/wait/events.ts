// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';

const eventSchema = z.object({
  metadata: z.object({ creationTimestamp: z.string().nullish() }).nullish(),
  involvedObject: z.object({ fieldPath: z.string().nullish() }).nullish(),
  type: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  count: z.int().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z.object({ count: z.int().nullish(), lastObservedTime: z.string().nullish() }).nullish(),
});
const listSchema = z.object({ items: z.array(eventSchema) });

/** Something that Kubernetes says has happened to an object. */
export interface ObjectEvent {
  readonly isWarning: boolean;
  readonly reason: string;
  readonly message: string;
  /** How often it has happened so far. */
  readonly count: number;
  /** When it last happened, by the clock of whoever says so. */
  readonly at: string;
  /** The container that it is about: `spec.containers{agent}`; empty for the whole object. */
  readonly container: string;
}

const mostEvents = 500;

/**
 * The events that a field selector chooses, of one namespace or (null) of all, the last one last. Whoever may not read events
 * does without: they only explain.
 */
export async function readEvents(
  client: KubeClient,
  namespace: string | null,
  fieldSelector: string,
  signal: AbortSignal,
): Promise<ObjectEvent[]> {
  const path = namespace === null ? '/api/v1/events' : `/api/v1/namespaces/${namespace}/events`;
  try {
    const query = { fieldSelector, limit: mostEvents };
    const { items } = listSchema.parse(await client.request({ path, query, signal, timeoutMs: 10_000 }));
    return items.map(read).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  } catch (error) {
    if (error instanceof ApiError && !signal.aborted) return [];
    throw error;
  }
}

function read(event: z.infer<typeof eventSchema>): ObjectEvent {
  const { series, lastTimestamp, eventTime, metadata } = event;
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata?.creationTimestamp];
  return {
    isWarning: event.type === 'Warning',
    reason: event.reason ?? '',
    message: (event.message ?? '').trim().slice(0, 1000),
    count: series?.count ?? event.count ?? 1,
    at: times.reduce<string>((latest, time) => (time && time > latest ? time : latest), ''),
    container: event.involvedObject?.fieldPath ?? '',
  };
}

/** Whether an image is being pulled for the pod of these events: it was begun for a container, and has not ended. */
export function isPulling(events: readonly ObjectEvent[]): boolean {
  const under = new Set<string>();
  for (const { reason, container } of events) {
    if (reason === 'Pulling') under.add(container);
    if (reason === 'Pulled' || reason === 'Failed') under.delete(container);
  }
  return under.size > 0;
}

/** What tells most: the last warning, or the last event where nothing was warned of. */
export function tellingEvent(events: readonly ObjectEvent[]): ObjectEvent | null {
  return events.findLast(({ isWarning }) => isWarning) ?? events.at(-1) ?? null;
}
