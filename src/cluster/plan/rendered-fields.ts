// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { type LiveObject, liveObjectSchema } from '../objects/live-object.ts';

/**
 * What an object would be if each rendered field was set and all others stayed: what can be known of an apply without asking
 * the server. Fields that go because they are no longer rendered are not seen.
 */
export function withFieldsOf(live: LiveObject | null, rendered: KubernetesObject): LiveObject {
  return liveObjectSchema.parse(live === null ? rendered : merged(live, rendered));
}

function merged(live: unknown, rendered: unknown): unknown {
  if (isRecord(live) && isRecord(rendered)) {
    const result: Record<string, unknown> = { ...live };
    for (const [key, value] of Object.entries(rendered)) result[key] = merged(live[key], value);
    return result;
  }
  if (Array.isArray(live) && Array.isArray(rendered)) {
    return rendered.map((item, index) => merged(counterpart(live, item, index), item));
  }
  return rendered;
}

/** The item of the same name, or the one at the same place. */
function counterpart(items: readonly unknown[], item: unknown, index: number): unknown {
  if (!isRecord(item) || typeof item['name'] !== 'string') return items[index];
  return items.find((other) => isRecord(other) && other['name'] === item['name']);
}
