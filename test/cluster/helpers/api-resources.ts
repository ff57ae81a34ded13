// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';

/** A kind of objects that an API server keeps. */
export interface ApiResource {
  /** `apps/v1` */
  readonly groupVersion: string;
  /** `apps`; empty for the core. */
  readonly group: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const groupsSchema = z.object({
  groups: z.array(z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const resourcesSchema = z.object({
  resources: z.array(
    z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()).default([]) }),
  ),
});

/** All kinds, each in the version that the server prefers, without subresources. */
export async function apiResources(client: KubeClient): Promise<ApiResource[]> {
  const { groups } = groupsSchema.parse(await client.request({ path: '/apis' }));
  const roots = [
    { group: '', groupVersion: 'v1', path: '/api/v1' },
    ...groups.map(({ name, preferredVersion: { groupVersion } }) => ({
      group: name,
      groupVersion,
      path: `/apis/${groupVersion}`,
    })),
  ];
  const found = await Promise.all(
    roots.map(async ({ group, groupVersion, path }) => {
      // A group whose definition was just removed is still named for a moment.
      const answer = await client.request({ path }).catch(() => ({ resources: [] }));
      return resourcesSchema
        .parse(answer)
        .resources.filter(({ name }) => !name.includes('/'))
        .map(({ name, ...rest }) => ({ group, groupVersion, resource: name, ...rest }));
    }),
  );
  return found.flat();
}

export function resourcePath({ groupVersion, resource }: ApiResource, namespace: string | null = null): string {
  const root = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
  return namespace === null ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}
