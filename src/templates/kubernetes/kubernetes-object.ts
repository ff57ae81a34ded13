// SPDX-License-Identifier: Apache-2.0

/** Plain data: what JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface ObjectMeta {
  readonly name: string;
  /** Left out for objects of the whole cluster. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Kubernetes object as far as vdpactl looks into it; the rest is the business of its builder and of the API server. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: Json | ObjectMeta;
}

/** The labels that vdpactl gives a node, so that each part of the stack finds its nodes. Nodes are no objects of the stack. */
export interface NodeLabels {
  /** The name of the Kubernetes node. */
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The whole stack of a cluster: the objects in the order in which they are applied, and what its nodes are labelled. */
export interface KubernetesStack {
  readonly nodeLabels: readonly NodeLabels[];
  readonly objects: readonly KubernetesObject[];
}
