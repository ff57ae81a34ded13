// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkAnswer, detectAnswer, prepareAnswer } from './answers.ts';
import { ask, tell } from './cli.ts';
import { bootGuest, type Guest } from './guest.ts';
import { installCli } from './install-cli.ts';
import type { Machine } from './machine.ts';
import { nodeState } from './node-state.ts';
import { replayCapture } from './replay-capture.ts';
import type { Traffic } from './traffic.ts';

export interface Scenario {
  readonly machine: Machine;
  /** vdpactl.yaml of the guest. */
  readonly config: string;
  /** What the machine needs before it is what it stands for. */
  readonly setUp?: (guest: Guest) => Promise<void>;
  readonly decision: {
    readonly provider: string;
    readonly backend: string;
    /** PCI address or device id ▶ kernel driver. */
    readonly devices: Readonly<Record<string, string | null>>;
    /** Evidence that has to be named: `firmware is Amazon EC2 (/sys/class/dmi/id/sys_vendor)`. */
    readonly because: readonly RegExp[];
    /** What was not chosen ▶ why. */
    readonly rejected: Readonly<Record<string, RegExp>>;
  };
  readonly uplink: string;
  /** Checks that warn or fail before the node is prepared, and pass afterwards. */
  readonly mended: readonly string[];
  readonly traffic: (guest: Guest) => Promise<Traffic>;
}

/** A pause of the uplink shorter than this is the emulator's, ms. */
const longestSilenceMs = 2_000;

/** A node's whole way: what it is, what is wrong with it, prepared, used, and put back. */
export function playThrough(scenario: Scenario): void {
  const { machine, decision } = scenario;
  describe(machine.name, () => {
    let guest: Guest;
    let before = '';
    let prepared = 0;

    beforeAll(async () => {
      guest = await bootGuest(machine, inject('hardware').built);
      await installCli(guest);
      await guest.get(`cat >/root/vdpactl.yaml <<'END'\n${scenario.config}END`);
      await scenario.setUp?.(guest);
      // DPDK's mlx5 driver has the kernel load it, as soon as any DPDK program starts.
      await guest.get('modprobe ib_core');
      before = await nodeState(guest);
    });

    afterAll(async () => guest?.stop());

    /** Level by id. */
    async function check() {
      const { code, document } = await ask(guest, 'check');
      const { checks } = checkAnswer.parse(document);
      return { code, levels: new Map(checks.map(({ id, level }) => [id, level])) };
    }

    it('detect decides, and says why and why not', async () => {
      const { code, document } = await ask(guest, 'detect');
      expect(code).toBe(0);
      const answer = detectAnswer.parse(document);
      expect(answer.decision).toMatchObject({ provider: decision.provider, backend: decision.backend, conflicts: [] });
      const devices = answer.decision.devices.map(({ pciAddress, driver }) => [pciAddress, driver]);
      expect(Object.fromEntries(devices)).toEqual(decision.devices);
      const because = answer.decision.evidence.map(({ claim, source, value }) => `${claim} is ${value} (${source})`);
      for (const evidence of decision.because) expect(because).toContainEqual(expect.stringMatching(evidence));
      for (const [what, why] of Object.entries(decision.rejected)) {
        expect(answer.decision.rejected).toContainEqual({ what, why: expect.stringMatching(why) });
      }
      const uplinks = answer.nics.filter(({ uplink }) => uplink);
      expect(uplinks.map(({ pciAddress }) => pciAddress)).toEqual([scenario.uplink]);
      expect(uplinks[0]?.uplinkReasons.join('\n')).toMatch(/this SSH connection/);
    });

    it('a capture of it replays to the same decision elsewhere', async () => {
      await tell(guest, 'detect --save /run/lab/node.tgz');
      const here = await replayCapture(await guest.fetch('/run/lab/node.tgz'), scenario.config, machine.name);
      const { document } = await ask(guest, 'detect');
      expect(detectAnswer.parse(here).decision).toEqual(detectAnswer.parse(document).decision);
    });

    it('check finds what is wrong', async () => {
      const { code, levels } = await check();
      expect(code).toBe([...levels.values()].includes('fail') ? 1 : 0);
      expect(scenario.mended.filter((id) => !['warn', 'fail'].includes(levels.get(id) ?? ''))).toEqual([]);
    });

    it('node prepare --dry-run changes nothing', async () => {
      const { code, document } = await ask(guest, 'node prepare --dry-run');
      expect(code).toBe(0);
      expect(prepareAnswer.parse(document).plan.steps).not.toEqual([]);
      expect(await nodeState(guest)).toBe(before);
    });

    it('node prepare binds the devices and never the uplink', async () => {
      const uplinkBefore = linesAbout(before, scenario.uplink);
      prepared = performance.now();
      await tell(guest, 'node prepare');
      const state = await nodeState(guest);
      expect(state).not.toBe(before);
      expect(linesAbout(state, scenario.uplink)).toBe(uplinkBefore);
      for (const [device, driver] of Object.entries(decision.devices)) {
        expect(state).toContain(driver === null ? `vdpa ${device} ` : `pci ${device} driver ${driver} `);
      }
      expect(guest.heartbeat.longestSilence(prepared)).toBeLessThan(longestSilenceMs);
    });

    it('check passes once that is mended', async () => {
      const { code, levels } = await check();
      expect(scenario.mended.filter((id) => levels.get(id) !== 'pass')).toEqual([]);
      expect(code).toBe(0);
    });

    it('a second node prepare finds nothing to do', async () => {
      const { document } = await ask(guest, 'node prepare');
      expect(prepareAnswer.parse(document).done).toEqual([]);
    });

    it('a workload moves packets through the backend', async () => {
      const { sent, returned, countedInGuest } = await scenario.traffic(guest);
      expect({ returned, countedInGuest: countedInGuest >= sent }).toEqual({ returned: sent, countedInGuest: true });
    });

    it('node restore gives back the very state from before', async () => {
      const restored = performance.now();
      await tell(guest, 'node restore');
      expect(await nodeState(guest)).toBe(before);
      expect(guest.heartbeat.longestSilence(restored)).toBeLessThan(longestSilenceMs);
    });

    it('the machine was there all the while', () => {
      expect(prepared).toBeGreaterThan(0);
      expect(guest.heartbeat.longestSilence(prepared)).toBeLessThan(Number.POSITIVE_INFINITY);
    });
  });
}

function linesAbout(state: string, pciAddress: string): string {
  return state
    .split('\n')
    .filter((line) => line.includes(` ${pciAddress} `))
    .join('\n');
}
