// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { type ListQuery, selectors } from '../watch/list-pages.ts';

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.unknown()),
});
const pageSize = 250;

/** Reads a collection a page at a time, and the next one only when this one is dealt with: one page is in memory. */
export async function* eachPage(client: KubeClient, query: ListQuery): AsyncGenerator<readonly unknown[]> {
  const { path, signal } = query;
  let next: string | null | undefined;
  do {
    const parameters = { ...selectors(query), limit: pageSize, ...(next ? { continue: next } : {}) };
    const page = pageSchema.parse(await client.request({ path, query: parameters, signal }));
    yield page.items;
    next = page.metadata?.continue;
  } while (next);
}
