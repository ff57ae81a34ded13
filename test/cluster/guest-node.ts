// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bootGuest, type Guest } from '../hardware/helpers/guest.ts';
import type { Machine } from '../hardware/helpers/machine.ts';
import type { TestFrames } from '../hardware/helpers/wire.ts';
import { type ImageOptions, writeImage } from './helpers/image.ts';
import { writeNodeSettings } from './helpers/node-settings.ts';
import type { LabCluster } from './lab-cluster.ts';

const script = fileURLToPath(new URL('guest-node.sh', import.meta.url));
/** Where the guest sees the folder that it shares with this machine. */
const shared = '/mnt/lab';
const readyTimeoutMs = 300_000;
const importTimeoutMs = 600_000;

/** A node with a kernel and with NICs of its own: a machine that QEMU emulates. Pods run on it, slowly. */
export interface GuestNode {
  readonly name: string;
  /** The machine, as the hardware lab has it. */
  readonly guest: Guest;
  /** Puts the files below `root` on the node as an image, which pods use with `imagePullPolicy: Never`. */
  importImage(root: string, options: ImageOptions): Promise<void>;
  /** The same with an archive, whose file `write` is told. */
  importArchive(write: (archive: string) => Promise<void>): Promise<void>;
  /** The ends of its logs, for the message of a failing test. */
  logs(): Promise<string>;
  /** Ends it and everything on it. */
  stop(): Promise<void>;
}

/** The name of the node that a machine becomes: to be given to `startCluster`. */
export function guestNodeName(machine: Machine): string {
  return `lab-${machine.name}`;
}

/** Boots a machine and joins it to a cluster. Throws, with nothing left, when it does not get ready. */
export async function startGuestNode(
  cluster: LabCluster,
  machine: Machine,
  built: string,
  frames?: TestFrames,
): Promise<GuestNode> {
  const name = guestNodeName(machine);
  const { guest: addresses, serverAddress } = cluster.network;
  const folder = join(cluster.server.folder, name);
  mkdirSync(folder);
  const undo: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await writeNodeSettings(folder, cluster.server, {
      name,
      url: `https://${serverAddress}`,
      address: addresses.nodeAddress,
      podRange: addresses.podRange,
      containerdRoot: '/var/lib/containerd',
      cgroupRoot: '/',
      // In emulation everything takes longer, and to say so ever again takes time, too.
      kubelet: { nodeStatusUpdateFrequency: '10s', runtimeRequestTimeout: '10m' },
    });
    for (const [from, to] of [
      [script, 'guest-node.sh'],
      [join(cluster.bin, 'kubelet'), 'kubelet'],
    ] as const)
      linkOrCopy(from, join(folder, to));
    const cable = {
      tap: addresses.hostInterface,
      ownAddress: addresses.hostAddress,
      guestAddress: addresses.nodeAddress,
      routes: [addresses.podRange],
    };
    const guest = await bootGuest(machine, built, {
      ...{ cable, share: folder },
      ...(frames === undefined ? {} : { frames }),
    });
    undo.push(guest.stop);
    await guest.get(`modprobe -a 9p 9pnet_virtio && mkdir -p ${shared} &&
      mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=mmap,ro lab ${shared}`);
    await guest.begin('node', `${shared}/guest-node.sh ${shared} ${name} ${addresses.nodeAddress}`);
    const logs = () => logsIn(guest);
    await untilReady(cluster, name).catch(async (error: unknown) => {
      throw new Error(`the node ${name} does not get ready:\n${await logs()}`, { cause: error });
    });
    const importArchive: GuestNode['importArchive'] = async (write) => {
      const archive = join(folder, 'images', 'next');
      await write(archive);
      const command = `ctr --namespace k8s.io images import ${shared}/images/next`;
      const { code, stdout, stderr } = await guest.run(command, { timeoutMs: importTimeoutMs });
      if (code !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
      rmSync(archive);
    };
    return {
      ...{ name, guest, logs, stop, importArchive },
      importImage: (root, options) => importArchive((archive) => writeImage(archive, root, options)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady({ kubectl }: LabCluster, name: string): Promise<void> {
  const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    const { stdout } = await kubectl.run('get', 'node', name, '-o', path);
    if (stdout === 'True') return;
    if (performance.now() > deadline) throw new Error(`it is not ready after ${readyTimeoutMs / 1000} s: ${stdout}`);
    await sleep(1_000);
  }
}

/** A link takes no room, where both are on one file system. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

async function logsIn(guest: Guest): Promise<string> {
  const files = '/run/lab/node.log /var/log/containerd.log /var/log/kubelet.log';
  return (await guest.run(`tail -n 25 ${files} 2>&1`)).stdout;
}
