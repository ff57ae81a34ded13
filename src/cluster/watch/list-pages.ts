// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { ApiError } from '../client/api-error.ts';
import type { ApiRequest } from '../client/api-request.ts';
import type { KubeClient } from '../client/kube-client.ts';

const pageSize = 500;

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish(), resourceVersion: z.string().default('') }),
  items: z.array(z.unknown()),
});

export interface ListQuery {
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal: AbortSignal;
}

export function selectors({ labelSelector, fieldSelector }: Omit<ListQuery, 'path' | 'signal'>) {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/**
 * Reads a collection a page at a time, of which one is in memory. Answers the version of the whole list. When the server
 * forgets the list in between (compaction) it begins anew: `page` may get an object twice.
 */
export async function listPages(
  client: KubeClient,
  query: ListQuery,
  page: (items: readonly unknown[]) => void,
): Promise<string> {
  const { path, signal } = query;
  let next = '';
  let version = '';
  for (let again = 0; ; ) {
    const request: ApiRequest = {
      path,
      query: { ...selectors(query), limit: pageSize, ...(next === '' ? {} : { continue: next }) },
      signal,
    };
    try {
      const { metadata, items } = pageSchema.parse(await client.request(request));
      page(items);
      // All pages are of one moment, and say so.
      version = metadata.resourceVersion;
      next = metadata.continue ?? '';
      if (next === '') return version;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 410 || again >= 3) throw error;
      again += 1;
      next = '';
    }
  }
}
