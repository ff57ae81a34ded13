// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { type ObjectRef, pathOf } from './object-ref.ts';

/** An object as an API server keeps it: what vdpactl looks into is validated, the rest is there as it came. */
export const liveObjectSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    /** Missing of an object that a dry run would create. */
    resourceVersion: z.string().optional(),
    uid: z.string().optional(),
    generation: z.int().optional(),
    deletionTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    finalizers: z.array(z.string()).nullish(),
  }),
});

export type LiveObject = z.infer<typeof liveObjectSchema>;

/** null: there is none, or its kind is not known to the server. */
export async function readLive(client: KubeClient, ref: ObjectRef, signal?: AbortSignal): Promise<LiveObject | null> {
  return unlessMissing(
    client.request({ path: pathOf(ref), ...(signal === undefined ? {} : { signal }) }).then(liveObjectSchema.parse),
  );
}

/** What a request answers, or null where the object is not there. */
export async function unlessMissing<Answer>(request: Promise<Answer>): Promise<Answer | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
