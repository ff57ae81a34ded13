// SPDX-License-Identifier: Apache-2.0
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import { keyOf, type ObjectRef } from '../objects/object-ref.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { numberAt, textAt } from './fields.ts';
import { type Selection, selectionOf } from './node-selection.ts';
import { objectStatus } from './object-status.ts';
import { allocatableDevices, type StackNode, whyNotReady } from './stack-node.ts';
import { inProgress, type ObjectStatus } from './status.ts';
import type { Patience, UnavailableNode, WaitOptions } from './wait-options.ts';
import { daemonSetCounts, daemonSetStatus } from './workload-status.ts';

/** What is known of the stack. `undefined`: it was not read yet; null: it is not there. */
export interface StackView {
  object(ref: ObjectRef): object | null | undefined;
  node(name: string): StackNode | null | undefined;
}

export interface JudgedObject {
  readonly ref: ObjectRef;
  readonly live: object | null;
  readonly status: ObjectStatus;
  /** Pods, or one for the object itself. */
  readonly ready: number;
  readonly wanted: number;
}

export interface JudgedNode {
  readonly name: string;
  readonly planned: number;
  readonly allocatable: number | null;
  /** What is still to come there; null: nothing. */
  readonly outstanding: string | null;
}

export interface Judgement {
  readonly objects: readonly JudgedObject[];
  readonly nodes: readonly JudgedNode[];
  readonly unavailable: readonly UnavailableNode[];
  /** Pods that are not ready were taken for those of unavailable nodes, by their number alone. */
  readonly excused: boolean;
  /** When time alone may change the judgement; null: never. */
  readonly again: number | null;
}

type Asked = Pick<WaitOptions, 'objects' | 'nodes' | 'changed'>;

/** Judges the stack again and again, remembering since when things are as they are. No I/O; the time is handed in. */
export class StackJudge {
  readonly #asked: Asked;
  readonly #patience: Patience;
  readonly #notReadySince = new Map<string, number>();
  readonly #rolledOutAt = new Map<string, number>();
  /** Which nodes a DaemonSet is for changes with its spec or with the node, and is asked with each change of a status. */
  readonly #selections = new Map<string, WeakMap<StackNode, Selection>>();

  constructor(asked: Asked, patience: Patience) {
    this.#asked = asked;
    this.#patience = patience;
  }

  judge(view: StackView, now: number): Judgement {
    const { objects, nodes } = this.#asked;
    const live = objects.map((ref) => ({ ref, object: view.object(ref) }));
    const sets = live.flatMap(({ ref, object }) => (ref.kind === 'DaemonSet' && object ? [{ ref, object }] : []));
    const there = nodes.map((planned) => ({ planned, node: view.node(planned.name) }));
    const unavailable = new Map<string, string>();
    for (const { planned, node } of there) {
      const why = this.#whyUnavailable(planned.name, node, sets, now);
      if (why !== null) unavailable.set(planned.name, why);
    }
    const times = [...this.#notReadySince.values()].map((since) => since + this.#patience.nodeGraceMs);
    let excused = false;
    const judged = live.map(({ ref, object }): JudgedObject => {
      if (object === undefined) return { ref, live: null, status: unread, ready: 0, wanted: 1 };
      if (ref.kind !== 'DaemonSet' || object === null) return judgeOther(ref, object);
      const result = this.#judgeDaemonSet(ref, object, there, unavailable);
      if (result.excused) excused = true;
      if (result.judged.status.status !== 'Current') this.#rolledOutAt.delete(keyOf(ref));
      else if (!this.#rolledOutAt.has(keyOf(ref))) this.#rolledOutAt.set(keyOf(ref), now);
      return result.judged;
    });
    const settling = this.#settling(sets);
    const onNodes = there.map(({ planned, node }): JudgedNode => {
      const { name, devices } = planned;
      const allocatable = node ? allocatableDevices(node) : null;
      const until = node ? this.#settledAt(settling, node) : null;
      if (until !== null) times.push(until);
      const outstanding = unavailable.has(name) ? null : whatIsMissing(planned, node, until !== null && now < until);
      return { name, planned: devices, allocatable, outstanding };
    });
    const coming = times.filter((time) => time > now);
    return {
      objects: judged,
      nodes: onNodes,
      unavailable: [...unavailable].map(([name, why]) => ({ name, why })),
      excused,
      again: coming.length === 0 ? null : coming.reduce((a, b) => Math.min(a, b)),
    };
  }

  #whyUnavailable(
    name: string,
    node: StackNode | null | undefined,
    sets: readonly { readonly object: object }[],
    now: number,
  ): string | null {
    if (node === undefined) return null;
    if (node === null) return 'the cluster has no such node with the labels of the stack';
    for (const { object } of sets) {
      const { taint } = this.#selection(object, node);
      if (taint !== null) return `the taint ${taint} keeps the stack off; kubernetes.tolerateAll lets it in`;
    }
    const why = whyNotReady(node);
    if (why === null) {
      this.#notReadySince.delete(name);
      return null;
    }
    const since = this.#notReadySince.get(name) ?? now;
    this.#notReadySince.set(name, since);
    return now - since >= this.#patience.nodeGraceMs ? why : null;
  }

  #judgeDaemonSet(
    ref: ObjectRef,
    live: object,
    there: readonly { readonly planned: PlannedNode; readonly node: StackNode | null | undefined }[],
    unavailable: ReadonlyMap<string, string>,
  ): { readonly judged: JudgedObject; readonly excused: boolean } {
    let expected = 0;
    let missing = 0;
    let misplaced = 0;
    for (const { planned, node } of there) {
      if (!node) continue;
      const { chosen, held } = this.#selection(live, node);
      if (!chosen) continue;
      if (held) misplaced += 1;
      else expected += 1;
      if (!held && unavailable.has(planned.name)) missing += 1;
    }
    const counts = daemonSetCounts(live);
    const plain = objectStatus(live);
    const isExcused = plain.status === 'InProgress' && counts.observed && missing + misplaced > 0;
    const own = isExcused ? daemonSetStatus(live, { missing, misplaced }) : plain;
    const early = own.status === 'Current' && counts.desired < expected;
    const status = early ? inProgress(`made for ${counts.desired} of ${expected} nodes so far`) : own;
    const wanted = Math.max(counts.desired, expected);
    const ready = counts.observed ? Math.min(counts.updated, counts.ready, counts.available, wanted) : 0;
    return { judged: { ref, live, status, ready, wanted }, excused: isExcused && status.status === 'Current' };
  }

  /** Device plugins that were there before and were changed: what kubelet says of their devices may be of the old ones. */
  #settling(sets: readonly { readonly ref: ObjectRef; readonly object: object }[]) {
    return sets.filter(
      ({ ref, object }) =>
        this.#asked.changed.has(keyOf(ref)) &&
        textAt(object, 'metadata', 'labels', 'app.kubernetes.io/component') === 'device-plugin' &&
        (numberAt(object, 'metadata', 'generation') ?? 1) > 1,
    );
  }

  /**
   * When kubelet must have reported what the new pod offers. When a plugin ends, kubelet goes on reporting its devices until
   * its next report, and a plugin that is back by then was never seen to be away: that the number is right says nothing until
   * a report was made after the new pod had registered. When that was is known of this machine's clock alone.
   */
  #settledAt(
    settling: readonly { readonly ref: ObjectRef; readonly object: object }[],
    node: StackNode,
  ): number | null {
    let latest: number | null = null;
    for (const { ref, object } of settling) {
      const rolledOut = this.#rolledOutAt.get(keyOf(ref));
      if (rolledOut === undefined || !this.#selection(object, node).chosen) continue;
      latest = Math.max(latest ?? 0, rolledOut + this.#patience.settleMs);
    }
    return latest;
  }

  #selection(daemonSet: object, node: StackNode): Selection {
    const generation = numberAt(daemonSet, 'metadata', 'generation') ?? 0;
    const key = `${textAt(daemonSet, 'metadata', 'uid')} ${textAt(daemonSet, 'metadata', 'name')} ${generation}`;
    const known = this.#selections.get(key) ?? new WeakMap<StackNode, Selection>();
    this.#selections.set(key, known);
    const selection = known.get(node) ?? selectionOf(daemonSet, node);
    known.set(node, selection);
    return selection;
  }
}

const unread = inProgress('it was not read yet');

function judgeOther(ref: ObjectRef, live: object | null): JudgedObject {
  const status = objectStatus(live);
  const isPods = ref.kind === 'Deployment';
  const wanted = isPods ? (numberAt(live, 'spec', 'replicas') ?? 1) : 1;
  const ready = isPods ? (numberAt(live, 'status', 'readyReplicas') ?? 0) : 0;
  return { ref, live, status, wanted, ready: status.status === 'Current' ? wanted : Math.min(ready, wanted) };
}

function whatIsMissing({ devices }: PlannedNode, node: StackNode | null | undefined, settling: boolean): string | null {
  if (!node) return 'it was not read yet';
  const notReady = whyNotReady(node);
  if (notReady !== null) return notReady;
  const allocatable = allocatableDevices(node);
  if (allocatable > devices) return `offers ${allocatable} ${fullResourceName}, and ${devices} are planned`;
  if (allocatable < devices) return `offers ${allocatable} of ${devices} ${fullResourceName}`;
  return settling && devices > 0 ? `its kubelet has to report the ${fullResourceName} of the new device plugin` : null;
}

export function isDone({ objects, nodes }: Judgement): boolean {
  return (
    objects.every(({ status }) => status.status === 'Current') && nodes.every(({ outstanding }) => outstanding === null)
  );
}
