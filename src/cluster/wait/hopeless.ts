// SPDX-License-Identifier: Apache-2.0
import { keyOf, type ObjectRef } from '../objects/object-ref.ts';
import type { JudgedObject } from './judge-stack.ts';
import type { Looks, WorkloadLook } from './look-at-workloads.ts';
import type { UnreadyPod } from './pod-look.ts';
import { type ContainerState, endings, isHopeless } from './pod-status.ts';

/** Something that no waiting mends. */
export interface Hopeless {
  readonly ref: ObjectRef;
  readonly why: string;
  /** null: there is no pod at all. */
  readonly pod: UnreadyPod | null;
}

/** A container that ended this often does not come up by itself. Preparing a node ends when another part is at it. */
const hopelessRestarts = 4;
/** What admission and quotas say; whatever else keeps a pod from being made may pass. */
const refusal = /forbidden|exceeded quota|denied the request|violates PodSecurity|is invalid/i;
/** The account of a pod comes a moment after its namespace. */
const early = /error looking up service account|serviceaccount .* not found/i;

/**
 * Remembers what was seen, so as to fail only of what happens now: pods of an earlier template are replaced, and events and
 * restarts may be of before their cause was mended. No I/O.
 */
export class HopelessMemory {
  readonly #afterMs: number;
  readonly #restarts = new Map<string, number>();
  readonly #since = new Map<string, number>();
  readonly #refused = new Map<string, number>();

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** The first thing for which waiting is in vain, of the objects that are not ready; null: nothing is known. */
  judge(late: readonly JudgedObject[], looks: Looks, now: number): Hopeless | null {
    const seen = new Set<string>();
    const found = late.map((object) => {
      const look = looks.get(keyOf(object.ref));
      const ofLook = look === undefined ? null : (this.#ofPods(look, seen, now) ?? this.#ofRefusals(look, seen, now));
      // Its pods say more than it does.
      return ofLook ?? this.#ofStatus(object, seen, now);
    });
    for (const key of this.#since.keys()) if (!seen.has(key)) this.#since.delete(key);
    return found.find((each) => each !== null) ?? null;
  }

  #ofStatus({ ref, status }: JudgedObject, seen: Set<string>, now: number): Hopeless | null {
    if (status.status !== 'Failed') return null;
    const key = `${keyOf(ref)} failed`;
    seen.add(key);
    return this.#lasts(key, now) ? { ref, why: status.message, pod: null } : null;
  }

  #ofPods({ ref, unready }: WorkloadLook, seen: Set<string>, now: number): Hopeless | null {
    const newest = unready.reduce((latest, pod) => (pod.createdAt >= latest.createdAt ? pod : latest), {
      createdAt: '',
      template: '',
    });
    let found: Hopeless | null = null;
    for (const pod of unready) {
      if (pod.template !== newest.template) continue;
      for (const container of pod.containers) {
        const why = this.#whyHopeless(pod, container);
        if (why === null) continue;
        const key = `${pod.uid} ${container.name}`;
        seen.add(key);
        if (this.#lasts(key, now)) found ??= { ref, why, pod };
      }
    }
    return found;
  }

  #whyHopeless(pod: UnreadyPod, container: ContainerState): string | null {
    const { name, reason, message, restarts } = container;
    if (isHopeless(container)) return `${reason}${message === '' ? '' : `: ${message}`}`;
    const key = `${pod.uid} ${name}`;
    const first = this.#restarts.get(key) ?? restarts;
    this.#restarts.set(key, first);
    const isLooping = reason === 'CrashLoopBackOff' && restarts >= hopelessRestarts && restarts > first;
    return isLooping ? `the container ${name} ${endings(container)}` : null;
  }

  #ofRefusals({ ref, refused }: WorkloadLook, seen: Set<string>, now: number): Hopeless | null {
    if (refused === null || !refusal.test(refused.message) || early.test(refused.message)) return null;
    const key = keyOf(ref);
    const first = this.#refused.get(key) ?? refused.count;
    this.#refused.set(key, first);
    seen.add(key);
    // The condition of a Deployment is of now; events are kept for an hour.
    const isOfNow = ref.kind === 'Deployment' || refused.count > first;
    if (!this.#lasts(key, now) || !isOfNow) return null;
    return { ref, why: `its pods are refused: ${refused.message}`, pod: null };
  }

  #lasts(key: string, now: number): boolean {
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since >= this.#afterMs;
  }
}
