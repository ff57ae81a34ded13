// SPDX-License-Identifier: Apache-2.0
import { conditionOf, numberAt, textAt, words } from './fields.ts';
import { current, failed, inProgress, type ObjectStatus } from './status.ts';

/** How many pods of a DaemonSet are how far, by its status. */
export interface DaemonSetCounts {
  /** Its controller has looked at the latest spec; before that the numbers are those of another. */
  readonly observed: boolean;
  readonly desired: number;
  /** Of the latest template; all of them where nothing replaces old pods by itself (OnDelete). */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** On nodes where they do not belong. */
  readonly misscheduled: number;
}

export function daemonSetCounts(object: unknown): DaemonSetCounts {
  const count = (name: string) => numberAt(object, 'status', name) ?? 0;
  const generation = numberAt(object, 'metadata', 'generation') ?? 0;
  const observed = numberAt(object, 'status', 'observedGeneration');
  const desired = count('desiredNumberScheduled');
  const onDelete = textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  return {
    observed: observed !== null && observed >= generation,
    desired,
    updated: onDelete ? Math.min(desired, count('currentNumberScheduled')) : count('updatedNumberScheduled'),
    ready: count('numberReady'),
    available: count('numberAvailable'),
    misscheduled: count('numberMisscheduled'),
  };
}

/** Pods of nodes that cannot run any. */
export interface Excused {
  /** So many that are wanted need not be ready. */
  readonly missing: number;
  /** So many may be on nodes that it is not for just now. */
  readonly misplaced: number;
}

export function daemonSetStatus(object: unknown, excused: Excused = { missing: 0, misplaced: 0 }): ObjectStatus {
  const { observed, desired, updated, ready, available, misscheduled } = daemonSetCounts(object);
  if (!observed) return inProgress('its controller has not seen it yet');
  const wanted = Math.max(0, desired - excused.missing);
  const of = `of ${desired} ${desired === 1 ? 'node' : 'nodes'}`;
  if (updated < wanted) return inProgress(`updated on ${updated} ${of}`);
  if (Math.min(ready, available) < wanted) return inProgress(`ready on ${Math.min(ready, available)} ${of}`);
  if (misscheduled > excused.misplaced) {
    return inProgress(
      `${misscheduled} ${misscheduled === 1 ? 'pod is' : 'pods are'} still on nodes that it is not for`,
    );
  }
  return current(desired === 0 ? 'no node is chosen for it' : `ready on ${ready} ${of}`);
}

/** So Kubernetes says that a Deployment has no deadline. */
const noDeadline = 2 ** 31 - 1;

export function deploymentStatus(object: unknown): ObjectStatus {
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(words(progressing));
  const count = (name: string) => numberAt(object, 'status', name) ?? 0;
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const of = `of ${wanted} ${wanted === 1 ? 'pod' : 'pods'}`;
  if (numberAt(object, 'status', 'observedGeneration') === null)
    return inProgress('its controller has not seen it yet');
  const failure = conditionOf(object, 'ReplicaFailure');
  const why = failure?.status === 'True' ? `: ${words(failure)}` : '';
  if (count('replicas') < wanted) return inProgress(`${count('replicas')} ${of} made${why}`);
  if (count('updatedReplicas') < wanted) return inProgress(`${count('updatedReplicas')} ${of} updated${why}`);
  const old = count('replicas') - count('updatedReplicas');
  if (old > 0) return inProgress(`${old} old ${old === 1 ? 'pod is' : 'pods are'} still there`);
  const ready = Math.min(count('readyReplicas'), count('availableReplicas'));
  if (ready < wanted) return inProgress(`${ready} ${of} ready`);
  // With a deadline the controller says itself when it is done.
  const hasDeadline = numberAt(object, 'spec', 'progressDeadlineSeconds') !== noDeadline;
  if (hasDeadline && progressing !== null && progressing.reason !== 'NewReplicaSetAvailable') {
    return inProgress('its controller is still at it');
  }
  const available = conditionOf(object, 'Available');
  if (available !== null && available.status !== 'True') return inProgress(words(available) || 'it is not available');
  return current(`${ready} ${of} ready`);
}
