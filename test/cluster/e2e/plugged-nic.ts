// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import type { DataNic } from '../../hardware/helpers/machine.ts';
import type { GuestDevice, GuestKind } from './guest-kinds.ts';
import type { GuestLab } from './guest-lab.ts';
import { l3fwdPod, workloadNamespace } from './pods.ts';

const frames = 200;

/** Puts a second NIC into the machine while frames go through the first, none of which may be lost until pods can have it. */
export async function plugIn(
  lab: GuestLab,
  { nic, later, makeDevice, startedAnew }: GuestKind,
  say: (text: string) => void,
): Promise<GuestDevice> {
  const before = await lab.restarts();
  const since = performance.now();
  await lab.node.guest.plug(later);
  const device = await makeDevice(lab.node.guest, later);
  await lab.calm();
  const { sent, lost } = await lab.lostUntil(async () => (await lab.allocatable()) === 2, nic);
  const seconds = Math.round((performance.now() - since) / 1_000);
  say(`${later.model} put in: ${device.name} can be had after ${seconds} s; meanwhile ${sent} datagrams, ${lost} lost`);
  expect(lost).toBe(0);
  const after = Object.entries(before).map(([component, { pod, times }]) => {
    return [component, { pod, times: times + Number(startedAnew.includes(component)) }];
  });
  expect(await lab.restarts()).toEqual(Object.fromEntries(after));
  return device;
}

/** A second l3fwd has it, and routes. */
export async function expectRouting(lab: GuestLab, { name, mac }: DataNic, device: GuestDevice): Promise<void> {
  const pod = `l3fwd-${name}`;
  await lab.startPod(l3fwdPod(pod), workloadNamespace, pod);
  const wire = lab.node.guest.wire(name);
  await expect.poll(async () => (await wire.exchange(1, mac)).returned, { timeout: 300_000 }).toBe(1);
  expect(await wire.exchange(frames, mac, 120_000)).toMatchObject({ sent: frames, returned: frames });
  await expect.poll(() => device.counted(), { timeout: 60_000 }).toBeGreaterThanOrEqual(frames);
  await lab.kubectl('-n', workloadNamespace, 'delete', 'pod', pod, '--timeout=55s');
}
