// SPDX-License-Identifier: Apache-2.0
import { nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { type LiveObject, liveObjectSchema } from '../objects/live-object.ts';
import { collectionPath, type ObjectRef } from '../objects/object-ref.ts';
import type { ChangeBell } from '../watch/change-bell.ts';
import { ObjectWatch } from '../watch/object-watch.ts';
import type { StackView } from './judge-stack.ts';
import { type StackNode, stackNodeSchema } from './stack-node.ts';

/** Objects of these kinds have no status: one that was applied is as it should be, and nothing about it is asked. */
const passive = new Set([
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'NetworkAttachmentDefinition',
]);

/** On all objects of a stack, however they are named. */
const partOf = 'app.kubernetes.io/part-of=vdpactl';

/** The objects and nodes of a stack as they are now: one watch for each collection, one for the nodes. */
export class LiveStack implements StackView {
  readonly #collections = new Map<string, ObjectWatch<LiveObject>>();
  readonly #nodes: ObjectWatch<StackNode>;

  constructor(client: KubeClient, objects: readonly ObjectRef[], bell: ChangeBell) {
    const rings = { onChange: () => bell.ring(), onListed: () => bell.ring() };
    for (const ref of objects) {
      const path = collectionPath(ref, ref.namespace);
      if (passive.has(ref.kind) || this.#collections.has(path)) continue;
      const options = { path, labelSelector: partOf, schema: liveObjectSchema, ...rings };
      this.#collections.set(path, new ObjectWatch<LiveObject>(client, options));
    }
    this.#nodes = new ObjectWatch<StackNode>(client, {
      path: '/api/v1/nodes',
      labelSelector: nodeLabelKeys.provider,
      schema: stackNodeSchema,
      ...rings,
    });
  }

  /** Watches until the signal aborts; throws what makes that impossible. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#collections.values(), this.#nodes].map((watch) => watch.run(signal)));
  }

  object(ref: ObjectRef): object | null | undefined {
    const watch = this.#collections.get(collectionPath(ref, ref.namespace));
    if (watch === undefined) return { apiVersion: ref.apiVersion, kind: ref.kind };
    const live = watch.get(ref.name, ref.namespace);
    // Items of a list do not say their kind.
    if (live !== undefined) return { ...live, apiVersion: ref.apiVersion, kind: ref.kind };
    return watch.isListed ? null : undefined;
  }

  node(name: string): StackNode | null | undefined {
    return this.#nodes.get(name) ?? (this.#nodes.isListed ? null : undefined);
  }
}
