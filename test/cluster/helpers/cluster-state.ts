// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { apiResources, resourcePath } from './api-resources.ts';
import { fieldDifferences, normalizeObject } from './normalize-object.ts';

/** Every object that an API server keeps, by a text that names it, without what says only when it was written. */
export type ClusterState = ReadonlyMap<string, unknown>;

const listSchema = z.object({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }) })),
});

/** Nobody keeps them: events end by themselves, and component statuses are made up when they are asked for. */
const transient = new Set(['events', 'componentstatuses']);
/** How servers, controllers and kubelets say that they are still there. */
const heartbeats = new Set(['kube-system', 'kube-node-lease']);

/** Asks for all objects of all kinds that the server knows. */
export async function clusterState(client: KubeClient): Promise<ClusterState> {
  const kinds = (await apiResources(client)).filter(
    ({ verbs, resource }) => verbs.includes('list') && !transient.has(resource),
  );
  const found = await Promise.all(
    kinds.map(async (kind) => {
      // A kind whose definition is being removed is none any more.
      const answer = await client.request({ path: resourcePath(kind) }).catch(() => ({ items: [] }));
      return listSchema
        .parse(answer)
        .items.filter(({ metadata }) => kind.resource !== 'leases' || !heartbeats.has(metadata.namespace ?? ''))
        .map((item): [string, unknown] => {
          const { namespace, name } = item.metadata;
          const place = namespace === undefined ? '' : `${namespace}/`;
          return [
            `${kind.resource}${kind.group === '' ? '' : `.${kind.group}`} ${place}${name}`,
            normalizeObject(item),
          ];
        });
    }),
  );
  return new Map(found.flat().sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What one has that the other has not, a line each; empty where they are the same. */
export function stateDifferences(before: ClusterState, after: ClusterState): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (isDeepStrictEqual(old, now)) return [];
    if (old === undefined) return [`new: ${name}`];
    if (now === undefined) return [`gone: ${name}`];
    return fieldDifferences(old, now).map((line) => `${name}: ${line}`);
  });
}
