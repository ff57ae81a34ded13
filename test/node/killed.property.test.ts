// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { FakeKernel, type FakeState, type Hooks, Refusal } from './fake-kernel.ts';
import { memoryJournal, prepare, restore, stateOf } from './harness.ts';
import { anyDevices, anyMachine, spareAddress } from './machines.ts';

/** A process that dies at its n-th point: before or after a change to the node, or at a write of the journal. */
function mortal(diesAt: number) {
  let points = 0;
  let dead = false;
  const point = (): void => {
    points += 1;
    if (points >= diesAt) dead = true;
    if (dead) throw new Error('killed');
  };
  return { point, hooks: { beforeChange: point, afterChange: point } satisfies Hooks, points: () => points };
}

/** Runs it to its end or its death, and answers whether it died. */
async function untilKilled(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') return true;
    if (error instanceof VdpaError) return false;
    throw error;
  }
}

const kills = fc.array(
  fc.record({ at: fc.integer({ min: 1, max: 80 }), again: fc.constantFrom('prepare', 'restore') }),
  {
    maxLength: 5,
  },
);

it('gives back the very state, wherever prepare and restore were killed, and however often', async () => {
  await fc.assert(
    fc.asyncProperty(anyMachine, anyDevices, kills, async (state, devices, deaths) => {
      const before = stateOf(new FakeKernel(structuredClone(state)));
      const text = { journal: memoryJournal() };
      let touched: string[] = [];
      const run = async (what: 'prepare' | 'restore', diesAt: number): Promise<boolean> => {
        const { hooks, point } = mortal(diesAt);
        const kernel = new FakeKernel(state, hooks);
        const store = {
          ...text.journal,
          save: guarded(point, text.journal.save),
          remove: guarded(point, text.journal.remove),
        };
        const died = await untilKilled(what === 'prepare' ? prepare(kernel, store, devices) : restore(kernel, store));
        touched = [...touched, ...kernel.uplinkTouched];
        return died;
      };
      await run('prepare', deaths[0]?.at ?? Number.POSITIVE_INFINITY);
      for (const { at, again } of deaths.slice(1)) await run(again, at);
      await run('restore', Number.POSITIVE_INFINITY);
      expect(stateOf(new FakeKernel(state))).toEqual(before);
      expect(text.journal.text()).toBeNull();
      expect(touched).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** The journal dies before it is written or after. */
function guarded<Args extends unknown[]>(point: () => void, act: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    point();
    act(...args);
    point();
  };
}

it('every point of one run: what is killed there is restored', async () => {
  const devices = fc.sample(anyDevices, { seed: 7, numRuns: 12 });
  const machines = fc.sample(anyMachine, { seed: 8, numRuns: 12 });
  for (const [index, wanted] of devices.entries()) {
    const fresh = machines[index];
    if (fresh === undefined) throw new Error('no machine');
    const before = stateOf(new FakeKernel(structuredClone(fresh)));
    for (let at = 1; ; at += 1) {
      const state: FakeState = structuredClone(fresh);
      const journal = memoryJournal();
      const { hooks } = mortal(at);
      const died = await untilKilled(prepare(new FakeKernel(state, hooks), journal, wanted));
      await restore(new FakeKernel(state), journal);
      expect(stateOf(new FakeKernel(state))).toEqual(before);
      if (!died) break;
    }
  }
});

it('a failure at any step: what was done is undone, or restore does it', async () => {
  const errnos = ['EBUSY', 'ENODEV', 'EINVAL', 'ENOENT', 'EIO'];
  await fc.assert(
    fc.asyncProperty(
      anyMachine,
      anyDevices,
      fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
      fc.constantFrom(...errnos),
      async (state, devices, failAt, errno) => {
        const before = stateOf(new FakeKernel(structuredClone(state)));
        let change = 0;
        const kernel = new FakeKernel(state, {
          beforeChange(what) {
            if (/^(?:rmmod|ip) /.test(what)) return; // what stays of these does no harm: it is only told
            change += 1;
            if (failAt.includes(change)) throw new Refusal(errno);
          },
        });
        const journal = memoryJournal();
        const failed = await prepare(kernel, journal, devices).then(
          () => false,
          (error: unknown) => {
            if (error instanceof VdpaError) return true;
            throw error;
          },
        );
        // An undo that fails leaves its record.
        if (failed && failAt.length < 2) expect(stateOf(kernel)).toEqual(before);
        await restore(new FakeKernel(state), journal);
        expect(stateOf(kernel)).toEqual(before);
        expect(kernel.uplinkTouched).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

it('touches no uplink, whenever a device becomes one', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyMachine,
      anyDevices,
      fc.nat({ max: 60 }),
      fc.nat({ max: 9 }),
      async (state, devices, at, which) => {
        let change = 0;
        let chosen: string | null = null;
        const kernel = new FakeKernel(state, {
          afterChange() {
            change += 1;
            if (change !== at) return;
            const addresses = Object.keys(state.devices);
            chosen = addresses[which % addresses.length] ?? spareAddress;
            const device = state.devices[chosen];
            // Only what has an interface can be configured.
            if (device !== undefined && device.interface !== null) device.uplink = true;
          },
        });
        const journal = memoryJournal();
        await untilKilled(prepare(kernel, journal, devices));
        await untilKilled(restore(kernel, journal));
        expect(kernel.uplinkTouched).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
