// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, freePorts, startDaemon, untilReady } from '../../cluster/helpers/daemon.ts';
import { layCable } from './cable.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { type Cable, type DataNic, dataNicDevice, type Machine, qemuArguments, type Uplink } from './machine.ts';
import { openMonitor } from './monitor.ts';
import { openShell, type Place, type Shell } from './shell.ts';
import { layWire, type TestFrames, type Wire } from './wire.ts';

export interface BootOptions {
  /** What it is reached by; QEMU's own network unless given. */
  readonly cable?: Cable;
  /** A folder of this machine that the guest may read. */
  readonly share?: string;
  /** What is sent over the wires of its data NICs. */
  readonly frames?: TestFrames;
}

/** A machine that runs, reached over its uplink. */
export interface Guest extends Shell {
  readonly machine: Machine;
  readonly heartbeat: Heartbeat;
  /** The far end of the cable in a data NIC. */
  wire(nic: string): Wire;
  /** Puts in one of the NICs that come later. */
  plug(nic: DataNic): Promise<void>;
  /** Asks the guest to let go of a data NIC, as the button at its slot does: when it has, the NIC is gone. */
  unplug(nic: DataNic): Promise<void>;
  /** What it wrote to its serial console. */
  console(): string;
  /** Ends it, and takes all it wrote with it. */
  stop(): Promise<void>;
}

/** What its SSH daemon says last. */
const sshReady = 'Server listening on :: port 22';
const bootTimeoutMs = 240_000;

/** Boots a machine with QEMU and connects to it. Throws with the end of its console when it does not come up. */
export async function bootGuest(machine: Machine, built: string, options: BootOptions = {}): Promise<Guest> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-lab-'));
  const consoleFile = join(folder, 'console');
  const undo: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const console = () => readOr(consoleFile, '');
  try {
    const wires = new Map<string, Wire>();
    const wirePath = (nic: { name: string }) => join(folder, `${nic.name}.sock`);
    for (const nic of [...machine.nics, ...(machine.later ?? [])]) {
      const wire = await layWire(wirePath(nic), options.frames);
      wires.set(nic.name, wire);
      undo.push(wire.close);
    }
    const { cable, share } = options;
    const { uplink, ssh, echo } = cable === undefined ? await ownNetwork() : overCable(cable);
    const monitorFile = join(folder, 'monitor');
    const paths = {
      ...{ built, console: consoleFile, wire: wirePath, uplink, monitor: monitorFile },
      ...(share === undefined ? {} : { share }),
    };
    const qemu = startQemu(built, qemuArguments(machine, paths), folder);
    undo.push(qemu.kill);
    if (cable !== undefined) await layCable(cable, qemu);
    await untilReady(qemu, () => console().includes(sshReady), bootTimeoutMs);
    // On a busy machine a guest may be too slow for this one to find it at once.
    await untilReady(qemu, () => canConnect(ssh), bootTimeoutMs);
    const monitor = await openMonitor(monitorFile);
    undo.push(monitor.close);
    const shell = await openShell(built, ssh, folder);
    undo.push(shell.close);
    const heartbeat = await startHeartbeat(echo);
    undo.push(heartbeat.stop);
    // A connection that breaks says nothing; an emulator that crashed does.
    const run: Shell['run'] = async (script, options) => {
      const answer = await shell.run(script, options);
      const end = qemu.ended();
      if (end !== null)
        throw new Error(
          `QEMU itself ended under ${machine.name} (${end}):\n${qemu.log().slice(-4000)}\n${console().slice(-2000)}`,
        );
      return answer;
    };
    return {
      ...shell,
      run,
      machine,
      heartbeat,
      wire(nic) {
        const wire = wires.get(nic);
        if (wire === undefined) throw new Error(`${machine.name} has no NIC ${nic}`);
        return wire;
      },
      plug: (nic) => monitor.run(`device_add ${dataNicDevice(machine, nic)}`),
      unplug: (nic) => monitor.run(`device_del ${nic.name}-nic`),
      console,
      stop,
    };
  } catch (error) {
    const said = console().split('\n').slice(-40).join('\n');
    await stop();
    throw new Error(`${machine.name} does not come up; the end of its console:\n${said}`, { cause: error });
  }
}

interface Reached {
  readonly uplink: Uplink;
  readonly ssh: Place;
  readonly echo: Place;
}

async function ownNetwork(): Promise<Reached> {
  const [ssh = 0, echo = 0] = await freePorts(2);
  const host = '127.0.0.1';
  return { uplink: { ports: { ssh, echo } }, ssh: { host, port: ssh }, echo: { host, port: echo } };
}

function overCable(cable: Cable): Reached {
  const host = cable.guestAddress;
  return { uplink: cable, ssh: { host, port: 22 }, echo: { host, port: 7 } };
}

function canConnect({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 10_000 });
    const answer = (can: boolean) => {
      socket.destroy();
      resolve(can);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/** QEMU of the Debian 13 system, by that system's own loader and libraries: no mount and no chroot to clean up after. */
function startQemu(built: string, args: readonly string[], folder: string): Daemon {
  const usr = `${built}/system/usr`;
  const libraries = `${usr}/lib/x86_64-linux-gnu`;
  const loader = [`${libraries}/ld-linux-x86-64.so.2`, '--library-path', libraries, `${usr}/bin/qemu-system-x86_64`];
  const firmware = ['-L', `${usr}/share/qemu`, '-L', `${usr}/share/seabios`];
  // The disk's changes go to TMPDIR.
  const env = { PATH: process.env['PATH'], TMPDIR: folder, QEMU_MODULE_DIR: `${libraries}/qemu` };
  return startDaemon('qemu', ['nice', '-n', '10', ...loader, ...firmware, ...args], folder, env);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
