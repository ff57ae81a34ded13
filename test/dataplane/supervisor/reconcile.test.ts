// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Action,
  becameReady,
  ended,
  reconcile,
  type Slot,
  started,
  stopRequested,
} from '../../../dataplane/supervisor/reconcile.ts';

/** What happens around a supervisor. */
type Event =
  | { readonly kind: 'want'; readonly device: string; readonly hash: string }
  | { readonly kind: 'unwant' | 'exit' | 'ready'; readonly device: string }
  | { readonly kind: 'wait'; readonly ms: number };

const maxDelayMs = 30_000;

/** The processes that a supervisor would have, with everything in it that must never happen. */
class World {
  readonly wanted = new Map<string, string>();
  readonly slots = new Map<string, Slot>();
  /** The living processes, with the spec that they were started from. */
  readonly alive = new Map<string, string>();
  /** Ends that nobody asked for, since the device was last forgotten. */
  readonly crashes = new Map<string, number>();
  now = 0;

  happen(event: Event): void {
    if (event.kind === 'want') this.wanted.set(event.device, event.hash);
    else if (event.kind === 'unwant') this.wanted.delete(event.device);
    else if (event.kind === 'wait') this.now += event.ms;
    else {
      const slot = this.slots.get(event.device);
      if (slot === undefined || !this.alive.has(event.device)) return;
      if (event.kind === 'ready') this.slots.set(event.device, becameReady(slot));
      else this.#exit(event.device, slot);
    }
    this.act();
  }

  act(): void {
    const actions = reconcile(this.wanted, this.slots, this.now);
    expect(reconcile(this.wanted, this.slots, this.now)).toEqual(actions);
    expect(new Set(actions.map((action) => action.device)).size).toBe(actions.length);
    for (const action of actions) this.#perform(action);
    // What was done is enough: nothing is asked for twice.
    expect(reconcile(this.wanted, this.slots, this.now)).toEqual([]);
  }

  #exit(device: string, slot: Slot): void {
    this.alive.delete(device);
    if (slot.phase !== 'stopping') this.crashes.set(device, (this.crashes.get(device) ?? 0) + 1);
    const after = ended(slot, this.now);
    this.slots.set(device, after);
    expect(after.retryAt - this.now).toBeGreaterThanOrEqual(0);
    expect(after.retryAt - this.now).toBeLessThanOrEqual(maxDelayMs);
    expect(after.restarts).toBe(this.crashes.get(device) ?? 0);
  }

  #perform({ kind, device }: Action): void {
    const slot = this.slots.get(device);
    if (kind === 'start') {
      const hash = this.wanted.get(device);
      if (hash === undefined) throw new Error(`${device} is started and not wanted`);
      expect(this.alive.has(device), 'a start while the one before runs').toBe(false);
      if (slot?.specHash === hash) expect(this.now, 'a start within the back-off').toBeGreaterThanOrEqual(slot.retryAt);
      this.alive.set(device, hash);
      this.slots.set(device, started(slot, hash, this.now));
    } else if (kind === 'stop') {
      if (slot === undefined) throw new Error(`${device} is stopped and was never started`);
      expect(this.alive.has(device), 'a stop of what does not run').toBe(true);
      expect(this.alive.get(device), 'a stop of what is wanted').not.toBe(this.wanted.get(device));
      this.slots.set(device, stopRequested(slot));
    } else {
      expect(this.alive.has(device), 'a running process is forgotten').toBe(false);
      expect(this.wanted.has(device)).toBe(false);
      this.slots.delete(device);
      this.crashes.delete(device);
    }
  }

  /** Every process that was asked to end ends, the others run, and time passes. */
  calmDown(): void {
    for (let round = 0; round < 4; round += 1) {
      for (const [device, slot] of [...this.slots])
        if (slot.phase === 'stopping') this.happen({ kind: 'exit', device });
      this.happen({ kind: 'wait', ms: maxDelayMs });
    }
    for (const device of this.alive.keys()) this.happen({ kind: 'ready', device });
  }
}

const device = fc.constantFrom('local0', 'local1', '0000:03:00.0');
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('want' as const), device, hash: fc.constantFrom('a', 'b', 'c') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('unwant' as const, 'exit' as const, 'ready' as const), device }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 100, 200, 5_000, 10_000, 60_000),
    }),
  },
);

describe('the state machine of the supervisor', () => {
  it('never has two processes for a device, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const world = new World();
        for (const each of events) world.happen(each);
      }),
      { numRuns: 500 },
    );
  });

  it('ends with exactly what is wanted running, once the world holds still', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const world = new World();
        for (const each of events) world.happen(each);
        world.calmDown();
        expect(world.alive).toEqual(world.wanted);
        expect([...world.slots.keys()].sort()).toEqual([...world.wanted.keys()].sort());
        for (const slot of world.slots.values()) expect(slot.phase).toBe('running');
      }),
    );
  });

  it('changes nothing that is handed in', () => {
    const slot = Object.freeze(started(undefined, 'a', 0));
    for (const next of [
      becameReady,
      stopRequested,
      (each: Slot) => ended(each, 5),
      (each: Slot) => started(each, 'b', 5),
    ]) {
      expect(() => next(slot)).not.toThrow();
    }
  });
});

describe('back-off', () => {
  const crash = (slot: Slot, now: number) => ended(slot, now);

  it('grows with each failed start, and ends with a spec that is new', () => {
    let slot = crash(started(undefined, 'a', 0), 0);
    expect(slot).toMatchObject({ phase: 'waiting', failures: 1, retryAt: 200, restarts: 1 });
    expect(reconcile(new Map([['x', 'a']]), new Map([['x', slot]]), 199)).toEqual([]);
    expect(reconcile(new Map([['x', 'a']]), new Map([['x', slot]]), 200)).toEqual([{ kind: 'start', device: 'x' }]);
    expect(reconcile(new Map([['x', 'b']]), new Map([['x', slot]]), 0)).toEqual([{ kind: 'start', device: 'x' }]);
    slot = crash(started(slot, 'a', 200), 200);
    expect(slot).toMatchObject({ failures: 2, retryAt: 600, restarts: 2 });
    expect(started(slot, 'b', 300)).toMatchObject({ failures: 0, restarts: 2 });
  });

  it('does not hold up one that had run for a while', () => {
    expect(crash(becameReady(started(undefined, 'a', 0)), 10_000)).toMatchObject({
      failures: 0,
      retryAt: 10_000,
      restarts: 1,
    });
  });

  it('does not count an end that was asked for', () => {
    const slot = crash(stopRequested(started(undefined, 'a', 0)), 7);
    expect(slot).toMatchObject({ failures: 0, retryAt: 7, restarts: 0 });
  });

  it('does not make ready what is already on its way out', () => {
    const slot = stopRequested(started(undefined, 'a', 0));
    expect(becameReady(slot)).toEqual(slot);
  });
});
