// SPDX-License-Identifier: Apache-2.0
import type { DevicePage } from '../../../dataplane/contract/node-page.ts';
import type { StatusName } from '../wait/status.ts';
import type { TakenField } from './taken-fields.ts';

/**
 * - `absent`: nothing is recorded in that namespace.
 * - `deploying`, `destroying`: that is under way, or was interrupted.
 * - `healthy`: as it was deployed, and nothing is wrong with it; `degraded`: something is.
 */
export type StackState = 'healthy' | 'degraded' | 'deploying' | 'destroying' | 'absent';

/** A stack in a cluster, as it is now. */
export interface ClusterStatus {
  readonly context: string;
  readonly namespace: string;
  readonly state: StackState;
  /** Of the vdpactl that deployed it; null: nothing says so. */
  readonly stackVersion: string | null;
  /** Of this vdpactl. */
  readonly version: string;
  /** Who is changing it; null: nobody. */
  readonly lease: LeaseHolder | null;
  readonly components: readonly ComponentStatus[];
  readonly nodes: readonly NodeStatus[];
  readonly drift: readonly Drift[];
  /** What is wrong, each as a sentence. */
  readonly problems: readonly string[];
}

export interface LeaseHolder {
  readonly holder: string;
  /** By the clock of the holder. */
  readonly since: string | null;
  readonly renewed: string | null;
  /** It is a process of this machine that has ended. */
  readonly ended: boolean;
}

/** An object that has pods, or makes some. */
export interface ComponentStatus {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly status: StatusName;
  /** Pods. */
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
  readonly message: string;
}

export interface NodeStatus {
  readonly name: string;
  readonly provider: string;
  /** null: it is not in the plan. */
  readonly backend: string | null;
  readonly ready: boolean;
  /** Devices that were planned; null: it is not in the plan. */
  readonly planned: number | null;
  /** Devices that kubelet offers; null: the node is gone. */
  readonly allocatable: number | null;
  /** Devices that pods have; null: pods may not be read. */
  readonly inUse: number | null;
  /** The pods that have them: `namespace/name`. */
  readonly pods: readonly string[];
  /** What its agent says of each; null: it was not asked, or did not answer. */
  readonly devices: readonly DevicePage[] | null;
  readonly problems: readonly string[];
}

/** How an object differs from how it was deployed. */
export interface Drift {
  /** `DaemonSet vdpactl-system/vdpactl-agent`. */
  readonly object: string;
  readonly what: 'missing' | 'not-owned' | 'fields';
  /** For `fields`: which, and who has set them. */
  readonly fields: readonly TakenField[];
}
