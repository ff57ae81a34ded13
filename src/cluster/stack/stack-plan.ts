// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';

/** A node of the stack as it was decided upon. */
export const plannedNodeSchema = z.object({
  name: z.string().min(1),
  provider: z.string(),
  backend: z.string(),
  /** How many devices it gives away: what has to become allocatable. */
  devices: z.int().min(0),
  /** The labels that vdpactl gives it. */
  labels: z.record(z.string(), z.string()),
});

export type PlannedNode = z.infer<typeof plannedNodeSchema>;

/** What a cluster is to have: the objects in the order in which they are applied, and its nodes. Plain data. */
export interface StackPlan {
  readonly objects: readonly KubernetesObject[];
  readonly nodes: readonly PlannedNode[];
}

const objectSchema = z.custom<KubernetesObject>(
  (value) =>
    z
      .object({
        apiVersion: z.string(),
        kind: z.string(),
        metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
      })
      .safeParse(value).success,
);

export const stackPlanSchema = z.object({ objects: z.array(objectSchema), nodes: z.array(plannedNodeSchema) });
