// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../../templates/kubernetes/kubernetes-object.ts';

/** A node that a pod is to run on. */
export interface JobNode {
  readonly name: string;
  /** Why no pod can run there, so that none is tried; null otherwise. */
  readonly unusable: string | null;
  /** What kubelet says of a node that is not ready; a pod that uses the host's network may run there all the same. */
  readonly notReady: string | null;
}

/** A folder of the host that the pod sees. Nothing is made there: a node that lacks it is refused by kubelet. */
export interface JobMount {
  readonly name: string;
  /** On the host. */
  readonly path: string;
  /** In the container; as on the host unless given. */
  readonly at?: string;
  /** Every Linux node has it. The others are left out where kubelet says that a node does not have them. */
  readonly everywhere: boolean;
  readonly readOnly: boolean;
  /** What the pod unmounts below it goes from the host too. */
  readonly bidirectional?: boolean;
}

/** What a program in a pod left when it ended. */
export interface EndedPod {
  readonly exitCode: number;
  /** Its termination message, at most 4 KiB: what it wrote as such, or the end of the log of one that failed. */
  readonly message: string;
  /** Of an exit code other than 0: what is wrong, in a sentence. */
  readonly why: string;
  /** One request. */
  readonly log: () => Promise<PodLog>;
}

export interface PodLog {
  readonly text: string;
  readonly truncated: boolean;
}

/** A program that runs once on each of many nodes, in a pod, and what is made of its answer. */
export interface NodeJob<Node extends JobNode, Answer> {
  /** Part of the names of its pods and of their labels: `detect`. */
  readonly name: string;
  /** What it is called in messages: `the probe`. */
  readonly what: string;
  readonly mounts: readonly JobMount[];
  /** The pod sees all processes of the host. */
  readonly hostPid?: boolean;
  readonly command: readonly string[];
  readonly securityContext: Json;
  readonly podSecurityContext?: Json;
  readonly resources: Json;
  /** Bytes of the log that are read at most. */
  readonly logLimitBytes: number;
  /** @throws VdpaError for an answer that is none; of the node alone. */
  answer(node: Node, ended: EndedPod): Promise<Answer>;
}

/** The label that all pods of a job have, and its value: the id of the run. */
export const runLabel = ({ name }: { readonly name: string }): string => `vdpactl.io/${name}-run`;
/** Which pods of a run are removed together. */
export const batchLabel = ({ name }: { readonly name: string }): string => `vdpactl.io/${name}-batch`;
/** Says whose a pod is, and until when at most. */
export const holderAnnotation = ({ name }: { readonly name: string }): string => `vdpactl.io/${name}-holder`;
