// SPDX-License-Identifier: Apache-2.0
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import { keyOf, type ObjectRef } from '../objects/object-ref.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { numberAt, textAt } from './fields.ts';
import { type JudgedObject, judgeDaemonSet } from './judge-daemon-set.ts';
import { factsOf, type LiveSet, type NodeFacts, type Place } from './node-facts.ts';
import { objectStatus } from './object-status.ts';
import type { StackNode } from './stack-node.ts';
import { inProgress } from './status.ts';
import type { Patience, UnavailableNode, WaitOptions } from './wait-options.ts';

export type { JudgedObject } from './judge-daemon-set.ts';

/** What is known of the stack. `undefined`: it was not read yet; null: it is not there. */
export interface StackView {
  object(ref: ObjectRef): object | null | undefined;
  node(name: string): StackNode | null | undefined;
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
  readonly #facts = new Map<string, NodeFacts>();
  /** The DaemonSets that the facts were worked out for. */
  #factsOf = '';

  constructor(asked: Asked, patience: Patience) {
    this.#asked = asked;
    this.#patience = patience;
  }

  judge(view: StackView, now: number): Judgement {
    const live = this.#asked.objects.map((ref) => ({ ref, object: view.object(ref) }));
    const sets = live.flatMap(({ ref, object }) => (ref.kind === 'DaemonSet' && object ? [{ ref, object }] : []));
    const places = this.#places(view, sets);
    const unavailable = new Map<string, string>();
    for (const place of places) {
      const why = this.#whyUnavailable(place, now);
      if (why !== null) unavailable.set(place.planned.name, why);
    }
    let excused = false;
    const objects = live.map(({ ref, object }): JudgedObject => {
      if (object === undefined) return { ref, live: null, status: unread, ready: 0, wanted: 1 };
      if (ref.kind !== 'DaemonSet' || object === null) return judgeOther(ref, object);
      const index = sets.findIndex((set) => set.object === object);
      const result = judgeDaemonSet({ ref, object }, index, places, unavailable);
      if (result.excused) excused = true;
      if (result.judged.status.status !== 'Current') this.#rolledOutAt.delete(keyOf(ref));
      else if (!this.#rolledOutAt.has(keyOf(ref))) this.#rolledOutAt.set(keyOf(ref), now);
      return result.judged;
    });
    const settled = this.#settled(sets);
    const times = [
      ...settled.flatMap((at) => at ?? []),
      ...[...this.#notReadySince.values()].map((since) => since + this.#patience.nodeGraceMs),
    ];
    const nodes = places.map(({ planned, facts }): JudgedNode => {
      const { name, devices } = planned;
      const settling = facts?.selections.some(({ chosen }, index) => chosen && (settled[index] ?? 0) > now) ?? false;
      const outstanding = unavailable.has(name) ? null : whatIsMissing(planned, facts, settling);
      return { name, planned: devices, allocatable: facts?.allocatable ?? null, outstanding };
    });
    const again = times.filter((time) => time > now).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return {
      objects,
      nodes,
      unavailable: [...unavailable].map(([name, why]) => ({ name, why })),
      excused,
      again: again === Number.POSITIVE_INFINITY ? null : again,
    };
  }

  #places(view: StackView, sets: readonly LiveSet[]): Place[] {
    // Which nodes a DaemonSet is for changes with its spec, and not with each change of its status.
    const of = sets.map(({ ref, object }) => `${keyOf(ref)} ${generationOf(object)}`).join();
    if (of !== this.#factsOf) this.#facts.clear();
    this.#factsOf = of;
    return this.#asked.nodes.map((planned): Place => {
      const node = view.node(planned.name);
      if (!node) return { planned, facts: node };
      const known = this.#facts.get(planned.name);
      const facts = known?.node === node ? known : factsOf(node, sets);
      if (facts !== known) this.#facts.set(planned.name, facts);
      return { planned, facts };
    });
  }

  #whyUnavailable({ planned: { name }, facts }: Place, now: number): string | null {
    if (facts === undefined) return null;
    if (facts === null) return 'the cluster has no such node with the labels of the stack';
    const { taint, notReady } = facts;
    if (taint !== null) return `the taint ${taint} keeps the stack off; kubernetes.tolerateAll lets it in`;
    if (notReady === null) {
      this.#notReadySince.delete(name);
      return null;
    }
    const since = this.#notReadySince.get(name) ?? now;
    this.#notReadySince.set(name, since);
    return now - since >= this.#patience.nodeGraceMs ? notReady : null;
  }

  /**
   * For each DaemonSet: when kubelet must have reported what its new pods offer; null where nothing has to be reported anew.
   *
   * When a device plugin ends, kubelet goes on reporting its devices until its next report, and a plugin that is back by then
   * was never seen to be away: that the number is right says nothing until a report was made after the new pod had
   * registered. When that was is known of this machine's clock alone. A plugin that was not there before (its generation is
   * the first) has no number that could be an old one.
   */
  #settled(sets: readonly LiveSet[]): (number | null)[] {
    return sets.map(({ ref, object }) => {
      const component = textAt(object, 'metadata', 'labels', 'app.kubernetes.io/component');
      if (component !== 'device-plugin' || !this.#asked.changed.has(keyOf(ref)) || generationOf(object) < 2)
        return null;
      const rolledOut = this.#rolledOutAt.get(keyOf(ref));
      return rolledOut === undefined ? null : rolledOut + this.#patience.settleMs;
    });
  }
}

const generationOf = (object: object): number => numberAt(object, 'metadata', 'generation') ?? 1;

const unread = inProgress('it was not read yet');

function judgeOther(ref: ObjectRef, live: object | null): JudgedObject {
  const status = objectStatus(live);
  const isPods = ref.kind === 'Deployment';
  const wanted = isPods ? (numberAt(live, 'spec', 'replicas') ?? 1) : 1;
  const ready = isPods ? (numberAt(live, 'status', 'readyReplicas') ?? 0) : 0;
  return { ref, live, status, wanted, ready: status.status === 'Current' ? wanted : Math.min(ready, wanted) };
}

function whatIsMissing({ devices }: PlannedNode, facts: Place['facts'], settling: boolean): string | null {
  if (!facts) return 'it was not read yet';
  const { notReady, allocatable } = facts;
  if (notReady !== null) return notReady;
  if (allocatable > devices) return `offers ${allocatable} ${fullResourceName}, and ${devices} are planned`;
  if (allocatable < devices) return `offers ${allocatable} of ${devices} ${fullResourceName}`;
  return settling && devices > 0 ? `its kubelet has to report the ${fullResourceName} of the new device plugin` : null;
}

export function isDone({ objects, nodes }: Judgement): boolean {
  return (
    objects.every(({ status }) => status.status === 'Current') && nodes.every(({ outstanding }) => outstanding === null)
  );
}
