// SPDX-License-Identifier: Apache-2.0
import { ask, tell } from './cli.ts';
import type { Guest } from './guest.ts';
import type { Exchange, Wire } from './wire.ts';

export interface Traffic {
  /** Frames that went into the NIC's cable, and how many of those came back out of it from the workload. */
  readonly sent: number;
  readonly returned: number;
  /** Frames that the workload itself counted. */
  readonly countedInGuest: number;
}

const frames = 2_000;

/**
 * Brings the stack up on the prepared devices, attaches one to a testpmd that answers every frame with its addresses
 * swapped, and takes it all down again. The workload knows its attachment by eal.args alone.
 */
export async function throughStack(guest: Guest, device: string, nic: string, mac: string): Promise<Traffic> {
  await tell(guest, 'deploy --target machine --timeout 300');
  const ealArgs = await attach(guest, device);
  const workload = await answerFrames(guest, `$(cat ${ealArgs})`);
  const { sent, returned } = await exchange(guest.wire(nic), mac);
  const countedInGuest = await workload.end();
  await tell(guest, 'destroy');
  return { sent, returned, countedInGuest };
}

/**
 * The path of the workload's eal.args. The image has no compiler to build the preload library with, which attach offers
 * besides; and in emulation the agent does not always answer in the time that it is given.
 */
async function attach(guest: Guest, device: string): Promise<string> {
  const path = '/run/vdpactl/workloads/lab/eal.args';
  for (let tries = 1; ; tries += 1) {
    const { document } = await ask(guest, `attach lab --device ${device}`);
    if ((await guest.run(`test -s ${path}`)).code === 0) return path;
    if (tries === 5) throw new Error(`attach: ${JSON.stringify(document)}`);
  }
}

/** Waits until the path is whole, from link to workload, before it counts. */
async function exchange(wire: Wire, mac: string): Promise<Exchange> {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await wire.exchange(1, mac)).returned === 1) return wire.exchange(frames, mac);
  }
  return { sent: frames, returned: 0, others: 0 };
}

/** A workload: unmodified testpmd on one attachment. It shares its CPU with the backend, so that the uplink's is free. */
async function answerFrames(guest: Guest, ealArguments: string): Promise<{ end(): Promise<number> }> {
  const program = 'stdbuf -oL dpdk-testpmd --lcores 0@0,1@1 -m 128 --no-telemetry --file-prefix lab-workload';
  const options = '--disable-link-check --auto-start --forward-mode=macswap --nb-cores=1 --total-num-mbufs=16384';
  await guest.begin('workload', `${program} ${ealArguments} -- ${options} --stats-period 1`);
  await guest.untilSaid('workload', 'macswap packet forwarding');
  return {
    async end() {
      // It says its counters once a second.
      await guest.get('sleep 3');
      const said = await guest.end('workload');
      const counts = [...said.matchAll(/RX-packets: (\d+)/g)].map(([, count]) => Number(count));
      return Math.max(0, ...counts);
    },
  };
}

/**
 * Gives a virtual function its MAC, as whoever runs the physical function does; before a driver has taken the function over.
 * Nothing of it is left once the virtual functions are gone.
 */
export async function nameVirtualFunction(guest: Guest, physical: string, index: number, mac: string): Promise<void> {
  await guest.get(`ip link set dev "$(ls /sys/bus/pci/devices/${physical}/net)" vf ${index} mac ${mac} spoofchk off`);
}
