// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf } from '../objects/object-ref.ts';
import { ChangeBell } from '../watch/change-bell.ts';
import { HopelessMemory } from './hopeless.ts';
import { isDone, type Judgement, StackJudge } from './judge-stack.ts';
import { LiveStack } from './live-stack.ts';
import { hasPods, type Looks, lookAtWorkloads } from './look-at-workloads.ts';
import { outstandingText } from './progress-words.ts';
import { PullClock } from './pull-clock.ts';
import { inVain, tooLate } from './wait-errors.ts';
import { defaultPatience, type Patience, type WaitOptions, type WaitResult } from './wait-options.ts';

export type { WaitOptions, WaitResult } from './wait-options.ts';

/** Changes that come together are judged together. */
const shortestPauseMs = 40;
/** Judging and looking take at most a share of the time: 1 part in 10, and 1 in 50. */
const judgeShare = 9;
const lookShare = 50;
/** What is ready by then was never worth a word. */
const firstTellMs = 500;
const tellEveryMs = 2_000;
const longestPauseMs = 30_000;

/**
 * Waits until the stack does what it is for: its objects are current, its DaemonSets rolled out on the nodes that they are
 * for, and kubelet offers on each node the devices that were planned. Objects and nodes are watched, one watch for each
 * collection; pods and events are looked at now and then, to know an image that is being pulled and what is in vain.
 * @throws VdpaError VDPA-DEPLOY-002 when it takes too long, VDPA-DEPLOY-003 when waiting is in vain.
 */
export async function waitForStack(options: WaitOptions): Promise<WaitResult> {
  const end = new AbortController();
  const within = AbortSignal.any([options.signal, end.signal]);
  const bell = new ChangeBell();
  const live = new LiveStack(options.client, options.objects, bell);
  const watching = live.run(within);
  watching.catch((error: unknown) => end.abort(error));
  try {
    return await new StackWait(options, live, bell, within).run();
  } catch (error) {
    options.signal.throwIfAborted();
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    end.abort(new Error('the wait is over'));
    await watching.catch(() => {});
  }
}

class StackWait {
  readonly #options: WaitOptions;
  readonly #live: LiveStack;
  readonly #bell: ChangeBell;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  readonly #judge: StackJudge;
  readonly #clock: PullClock;
  readonly #memory: HopelessMemory;
  readonly #began = performance.now();
  readonly #readyAt = new Map<string, number>();
  #looks: Looks = new Map();
  /** When the looks were made, and whether for a judgement that excused pods. */
  #looked = { at: 0, excused: false };
  #looking: Promise<void> | null = null;
  #lookFailure: unknown = null;
  #lookDue: number;
  #told = '';
  #tellDue = firstTellMs;

  constructor(options: WaitOptions, live: LiveStack, bell: ChangeBell, signal: AbortSignal) {
    this.#options = options;
    this.#live = live;
    this.#bell = bell;
    this.#signal = signal;
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#judge = new StackJudge(options, this.#patience);
    this.#clock = new PullClock(options.timeoutMs, options.pullTimeoutMs);
    this.#memory = new HopelessMemory(this.#patience.hopelessAfterMs);
    this.#lookDue = this.#patience.lookEveryMs / 2;
  }

  async run(): Promise<WaitResult> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#lookFailure !== null) throw this.#lookFailure;
      const now = this.#now();
      const judgement = this.#judge.judge(this.#live, now);
      const tookMs = this.#now() - now;
      this.#remember(judgement, now);
      if (isDone(judgement) && this.#isConfirmed(judgement)) return this.#result(judgement, now);
      const isPulling = this.#isOnlyPulling(judgement);
      this.#clock.pass(now, isPulling);
      this.#throwWhatIsInVain(judgement, now);
      const { over } = this.#clock;
      if (over !== null) throw await this.#late(judgement, over);
      this.#look(judgement, now);
      this.#tell(judgement, now);
      await sleep(Math.max(shortestPauseMs, tookMs * judgeShare), undefined, { signal: this.#signal });
      const times = [this.#clock.left(isPulling), (judgement.again ?? Number.POSITIVE_INFINITY) - this.#now()];
      if (this.#looking === null) times.push(this.#lookDue - this.#now());
      await this.#bell.rung(Math.max(1, Math.min(longestPauseMs, ...times)), this.#signal);
    }
  }

  #now(): number {
    return performance.now() - this.#began;
  }

  #remember({ objects }: Judgement, now: number): void {
    for (const { ref, status } of objects) {
      const key = keyOf(ref);
      if (status.status !== 'Current') this.#readyAt.delete(key);
      else if (!this.#readyAt.has(key)) this.#readyAt.set(key, now);
    }
  }

  /** Numbers do not say on which node a pod is not ready. Where some were excused, the pods themselves have to. */
  #isConfirmed({ excused, unavailable }: Judgement): boolean {
    if (!excused) return true;
    if (!this.#looked.excused || this.#now() - this.#looked.at > this.#patience.lookEveryMs * 2) return false;
    const without = new Set(unavailable.map(({ name }) => name));
    return [...this.#looks.values()].every(({ unready }) =>
      unready.every(({ node }) => node !== null && without.has(node)),
    );
  }

  #isOnlyPulling({ objects }: Judgement): boolean {
    const late = objects.filter(({ status }) => status.status !== 'Current');
    return late.length > 0 && late.every(({ ref }) => this.#looks.get(keyOf(ref))?.isPulling === true);
  }

  #throwWhatIsInVain(judgement: Judgement, now: number): void {
    const late = judgement.objects.filter(({ status }) => status.status !== 'Current');
    const hopeless = this.#memory.judge(late, this.#looks, now);
    if (hopeless !== null) throw inVain(this.#options.client, hopeless, judgement);
  }

  /** In the background: what is ready meanwhile is not seen any later for it. */
  #look({ objects, excused }: Judgement, now: number): void {
    if (this.#looking !== null || now < this.#lookDue) return;
    const late = objects.filter(
      ({ ref, status }) => hasPods(ref) && (status.status !== 'Current' || (excused && ref.kind === 'DaemonSet')),
    );
    this.#looking = lookAtWorkloads(this.#options.client, late, this.#signal)
      .then((looks) => {
        this.#looks = looks;
        this.#looked = { at: now, excused };
      })
      .catch((error: unknown) => {
        this.#lookFailure = error;
      })
      .finally(() => {
        this.#looking = null;
        const tookMs = this.#now() - now;
        this.#lookDue = now + Math.max(this.#patience.lookEveryMs, tookMs * lookShare);
        this.#bell.ring();
      });
  }

  #tell(judgement: Judgement, now: number): void {
    if (now < this.#tellDue) return;
    const text = outstandingText(judgement, this.#looks);
    if (text === '' || text === this.#told) return;
    this.#told = text;
    this.#tellDue = now + tellEveryMs;
    this.#options.progress.update(text);
  }

  async #late(judgement: Judgement, over: 'wait' | 'pull') {
    const { client, timeoutMs, pullTimeoutMs } = this.#options;
    const late = judgement.objects.filter(({ status }) => status.status !== 'Current');
    const looks = await lookAtWorkloads(client, late, this.#signal);
    const limitMs = over === 'pull' ? pullTimeoutMs : timeoutMs;
    return tooLate({ client, judgement, looks, over, limitMs, signal: this.#signal });
  }

  #result({ objects, nodes, unavailable }: Judgement, now: number): WaitResult {
    return {
      waitedMs: Math.round(now),
      pullMs: Math.round(this.#clock.pullMs),
      objects: objects.map(({ ref, status: { status, message } }) => {
        const at = this.#readyAt.get(keyOf(ref));
        return { ref, status, message, readyAfterMs: at === undefined ? null : Math.round(at) };
      }),
      nodes: nodes.map(({ name, planned, allocatable }) => ({ name, planned, allocatable })),
      unavailableNodes: unavailable,
    };
  }
}
