// SPDX-License-Identifier: Apache-2.0
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import type { StatusName } from './status.ts';

export interface WaitOptions {
  readonly client: KubeClient;
  /** All objects of the stack. */
  readonly objects: readonly ObjectRef[];
  readonly nodes: readonly PlannedNode[];
  /** The keys (`keyOf`) of the objects that this deployment has changed. */
  readonly changed: ReadonlySet<string>;
  /** For everything but the pulling of images. */
  readonly timeoutMs: number;
  /** For the time in which nothing but images is waited for. */
  readonly pullTimeoutMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly patience?: Partial<Patience>;
}

/** How long things are given that may come right by themselves, ms. */
export interface Patience {
  /** How often pods and their events are looked at while something is outstanding; they are not watched. */
  readonly lookEveryMs: number;
  /** A node that is not ready for that long is done without. */
  readonly nodeGraceMs: number;
  /** From the last new pod of a device plugin to when kubelet has reported the devices that this one offers. */
  readonly settleMs: number;
  /** What looks hopeless has to look so for that long. */
  readonly hopelessAfterMs: number;
}

export const defaultPatience: Patience = {
  lookEveryMs: 2_000,
  nodeGraceMs: 30_000,
  // kubelet reports its node every 10 s (nodeStatusUpdateFrequency); a plugin registers within a second of its start.
  settleMs: 11_000,
  hopelessAfterMs: 8_000,
};

export interface WaitResult {
  /** All of it, with the time for images. */
  readonly waitedMs: number;
  /** Of that, while nothing but images was waited for. */
  readonly pullMs: number;
  readonly objects: readonly {
    readonly ref: ObjectRef;
    readonly status: StatusName;
    readonly message: string;
    /** Since the wait began; null: it did not. */
    readonly readyAfterMs: number | null;
  }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly planned: number;
    /** What kubelet offers; null: there is no such node. */
    readonly allocatable: number | null;
  }[];
  /** Nodes of the plan that the stack was not waited for on, and why: they are not ready, gone, or keep its pods off. */
  readonly unavailableNodes: readonly UnavailableNode[];
}

export interface UnavailableNode {
  readonly name: string;
  readonly why: string;
}
