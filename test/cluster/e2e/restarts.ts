// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NodeDaemon, startDaemons, stopDaemons } from '../helpers/node-daemons.ts';
import type { EndToEnd } from './end-to-end.ts';
import { attachments, deviceMounts } from './traces.ts';

const registered = 'Got registration request from device plugin with resource';

/** Kubelet and the runtime end without a word, and come back: to workloads that is nothing. */
export function testRestarts(lab: () => EndToEnd, devices: readonly string[]): void {
  const allocatable = () => {
    const path = String.raw`jsonpath={.status.allocatable.vdpactl\.io/vdpa}`;
    return lab().kubectl('get', 'node', lab().cluster.node.name, '-o', path);
  };
  const moved = () => devices.map((device) => lab().backend(device).counters?.workload?.rxPackets ?? 0);
  const goesOn = async () => {
    const then = moved();
    await expect
      .poll(() => moved().every((count, index) => count > (then[index] ?? 0)), { timeout: 90_000 })
      .toBe(true);
  };
  /** Whatever would be another after something was started or attached anew. */
  const picture = () => {
    const { node } = lab().cluster;
    const backends = devices.map((device) => lab().backend(device));
    return {
      attached: attachments(node),
      mounts: deviceMounts(node),
      backends: backends.map(({ pid, restarts, counters }) => [pid, restarts, counters?.connected]),
    };
  };

  test.each([
    ['kubelet', ['kubelet']],
    ['containerd', ['containerd']],
    ['kubelet and containerd', ['kubelet', 'containerd']],
  ] as const)('%s is killed under traffic, and comes back: nobody notices', async (_what, daemons) => {
    const { node } = lab().cluster;
    const log = () => readFileSync(join(node.folder, 'kubelet.log'), 'utf8');
    const [before, processes, logged] = [picture(), await lab().workloads(), log().length];
    await stopDaemons(node, ...(daemons as readonly NodeDaemon[]));
    await goesOn();
    startDaemons(node, ...(daemons as readonly NodeDaemon[]));
    if (daemons.some((name) => name === 'kubelet'))
      await expect.poll(() => log().slice(logged).includes(registered), { timeout: 90_000 }).toBe(true);
    // Both work again: kubelet asks the runtime for a process in a container.
    for (const pod of processes.keys())
      await expect.poll(() => lab().canRunIn(pod), { timeout: 90_000, interval: 1_000 }).toBe(true);
    await expect.poll(allocatable, { timeout: 90_000 }).toBe('2');
    expect(await lab().workloads()).toEqual(processes);
    await goesOn();
    expect(picture()).toEqual(before);
  });
}
