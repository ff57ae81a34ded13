// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamPlugin, type WantedOfPlugin } from '../../../../dataplane/agent/device-plugin/upstream-plugin.ts';

const [first, second] = ['0000:02:00.0', '0000:03:00.0'];
const settleMs = 10_000;

let wanted: WantedOfPlugin | null;
/** What the plugin finds when it starts, of what there is; null: it does not run. */
let finds: () => string[];
let known: Set<string> | null;
let run: string | null;
/** Whether its process is there. */
let isThere: boolean;
let takesLong: boolean;
let ends: number;
let said: string[];
let now: number;
let plugin: UpstreamPlugin;

const offer = (...devices: string[]): WantedOfPlugin => ({
  advertiser: devices.length === 0 ? 'none' : 'device-plugin',
  devices: devices.map((device) => ({ device, running: true })),
});
let asked: number;
let starts: number;
/** With nothing to tell it does not serve. */
const start = () => {
  starts += 1;
  known = new Set(finds());
  run = known.size === 0 ? null : `run ${starts}`;
};
/** Looks every five seconds, as the agent does. */
const pass = async (seconds: number) => {
  for (let left = seconds; left > 0; left -= 5) {
    now += 5_000;
    await plugin.look(now);
  }
};

beforeEach(() => {
  [ends, said, now, starts, asked, isThere, takesLong] = [0, [], 0, 0, 0, true, false];
  wanted = offer(first);
  finds = () => wanted?.devices.map(({ device }) => device) ?? [];
  start();
  plugin = new UpstreamPlugin({
    running: () => run,
    end() {
      if (!isThere) return false;
      ends += 1;
      if (takesLong) [run, known] = [null, new Set()];
      else start();
      return true;
    },
    wanted: () => wanted,
    known() {
      asked += 1;
      return known === null ? Promise.reject(new Error('connect ENOENT')) : Promise.resolve(known);
    },
    log: (line) => said.push(line),
    settleMs,
  });
});

describe('the SR-IOV network device plugin', () => {
  it('is left alone as long as kubelet knows what there is, who is asked now and then', async () => {
    await pass(600);
    expect([ends, plugin.problems, said]).toEqual([0, [], []]);
    expect(asked).toBeLessThanOrEqual(3);
  });

  it.each([
    ['came', [first, second]],
    ['went', []],
    ['was changed for another', [second]],
  ])('is started anew, once, when a device %s since it looked', async (_, devices) => {
    await pass(60);
    wanted = offer(...devices);
    await pass(600);
    expect(known).toEqual(new Set(devices));
    expect([ends, plugin.problems]).toEqual([1, []]);
    expect(said).toEqual([expect.stringContaining('so that it looks again')]);
  });

  it('is not ended again while it starts, however long that takes it', async () => {
    takesLong = true;
    wanted = offer(first, second);
    await pass(600);
    expect(ends).toBe(1);
    expect(plugin.problems).toEqual([expect.stringMatching(/plugin starts, and tells kubelet of nothing yet/)]);
    start();
    await pass(60);
    expect([ends, plugin.problems]).toEqual([1, []]);
  });

  it('that ended by itself is not ended while it starts, until something comes that it may have missed', async () => {
    await pass(20);
    [run, known] = [null, new Set()];
    await pass(600);
    expect(ends).toBe(0);
    wanted = offer(first, second);
    await pass(120);
    expect([ends, known, plugin.problems]).toEqual([1, new Set([first, second]), []]);
  });

  it('is started anew when a first device comes, though it serves nobody without one', async () => {
    wanted = offer();
    await pass(60);
    expect(run).toBeNull();
    wanted = offer(second);
    await pass(120);
    expect([ends, run, known]).toEqual([2, 'run 3', new Set([second])]);
  });

  it('is started anew each time something comes', async () => {
    wanted = offer(first, second);
    await pass(60);
    wanted = offer(first);
    await pass(60);
    wanted = offer(first, second);
    await pass(60);
    expect([ends, known]).toEqual([3, new Set([first, second])]);
  });

  it('is not hurried while kubelet is yet to ask it', async () => {
    known = new Set();
    await pass(10);
    start();
    await pass(60);
    expect(ends).toBe(0);
  });

  it('is not ended for a device that pods could not have yet', async () => {
    wanted = {
      ...offer(first),
      devices: [
        { device: first, running: true },
        { device: second, running: false },
      ],
    };
    await pass(600);
    expect([ends, plugin.problems]).toEqual([0, []]);
  });

  it('that does not find it all the same is not ended again, and what to do is said', async () => {
    finds = () => [first];
    wanted = offer(first, second);
    await pass(600);
    expect(ends).toBe(1);
    expect(plugin.problems).toEqual([expect.stringMatching(/^0000:03:00.0: ready, and .* vdpactl deploy/)]);
    wanted = offer(first);
    await pass(5);
    expect(plugin.problems).toEqual([]);
  });

  it('that offers what this node does not give away is told of', async () => {
    finds = () => [first, second];
    start();
    await pass(600);
    expect(ends).toBe(1);
    expect(plugin.problems).toEqual([expect.stringMatching(/^0000:03:00.0: the device plugin offers it, /)]);
  });

  it('is said to be of no use where it cannot see what the node has by now', async () => {
    wanted = { advertiser: 'agent', devices: [{ device: 'vd0', running: true }] };
    await pass(600);
    expect(ends).toBe(0);
    expect(plugin.problems).toEqual([expect.stringMatching(/cannot see what it has by now \(vd0\); vdpactl deploy/)]);
    run = null;
    await pass(5);
    expect(plugin.problems).toEqual([]);
  });

  it('is missed when nobody else is to tell kubelet, after a while', async () => {
    [run, known, isThere] = [null, new Set(), false];
    await pass(30);
    expect(plugin.problems).toEqual([]);
    await pass(60);
    expect(plugin.problems).toEqual([expect.stringMatching(/^no device plugin .*0000:02:00.0.* vdpactl deploy/)]);
    start();
    await pass(5);
    expect(plugin.problems).toEqual([]);
  });

  it('is left alone where kubelet does not say what it knows, which is said once', async () => {
    known = null;
    wanted = offer(first, second);
    await pass(600);
    expect([ends, said]).toEqual([0, [expect.stringMatching(/kubelet does not say .*: connect ENOENT/)]]);
  });

  it('is left alone until the node was looked at', async () => {
    wanted = null;
    known = new Set();
    await pass(600);
    expect([ends, plugin.problems]).toEqual([0, []]);
  });
});
