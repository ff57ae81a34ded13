// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/process/run.ts';
import type { ApiServer } from './api-server.ts';
import { makeCgroups, removeCgroups } from './helpers/cgroups.ts';
import { type Daemon, startDaemon, untilReady } from './helpers/daemon.ts';
import { type ImageOptions, writeImage } from './helpers/image.ts';
import type { LabNetwork } from './helpers/lab-network.ts';
import { writeNodeSettings } from './helpers/node-settings.ts';
import { Kubectl } from './kubectl.ts';

export const nodeName = 'lab-node';
const readyTimeoutMs = 120_000;
const script = fileURLToPath(new URL('node.sh', import.meta.url));

/** A real node: containerd, runc and kubelet in name spaces of their own. Pods run on it. */
export interface LabNode {
  readonly name: string;
  /** Where its logs are. */
  readonly folder: string;
  /** Puts the files below `root` on the node as an image, which pods use with `imagePullPolicy: Never`. */
  importImage(root: string, options: ImageOptions): Promise<void>;
  /** Its first process. */
  readonly pid: number;
  /** Where this machine sees a path of the node's. */
  path(ofNode: string): string;
  /** The ends of its logs, for the message of a failing test. */
  logs(): string;
  /** Ends it and everything on it; removes what it left. */
  stop(): Promise<void>;
}

/** Why this machine cannot run a node; null: it can. */
export async function whyNoNode(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'a node needs root';
  for (const program of ['containerd', 'runc', 'ctr', 'ip', 'unshare', 'busybox', '/usr/lib/cni/ptp']) {
    const found = await run('which', [program]);
    if (found.exitCode !== 0) return `a node needs ${program}`;
  }
  return null;
}

/** Starts a node of an API server and waits until it is ready. Throws, with nothing left, when it does not get there. */
export async function startNode(bin: string, server: ApiServer, network: LabNetwork): Promise<LabNode> {
  const folder = join(server.folder, 'node');
  mkdirSync(join(folder, 'images'), { recursive: true });
  const cgroup = `/${network.hostInterface}`;
  const undo: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
    undo.length = 0;
  };
  try {
    makeCgroups(cgroup);
    undo.push(() => removeCgroups(cgroup));
    const url = `https://${network.serverAddress}`;
    await writeNodeSettings(folder, server, {
      name: nodeName,
      url,
      address: network.nodeAddress,
      podRange: network.podRange,
      containerdRoot: join(folder, 'containerd'),
      cgroupRoot: cgroup,
    });
    const daemon = startDaemon(
      'node',
      [
        'unshare',
        ...['--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private', '--mount-proc'],
        ...[script, folder, join(bin, 'kubelet'), nodeName, network.nodeAddress],
      ],
      folder,
    );
    undo.push(daemon.kill);
    const relay = await joinNetworks(daemon, server, network);
    undo.push(() => void relay.close());
    const kubectl = new Kubectl(bin, server.kubeconfig);
    await untilReady(daemon, () => isReady(kubectl), readyTimeoutMs).catch((error: unknown) => {
      throw new Error(`the node does not get ready:\n${logsIn(folder)}`, { cause: error });
    });
    const pid = Number(childOf(daemon.pid));
    return {
      name: nodeName,
      folder,
      logs: () => logsIn(folder),
      stop,
      pid,
      path: (ofNode) => join('/proc', `${pid}`, 'root', ofNode),
      importImage: (root, options) => importImage(folder, root, options),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isReady(kubectl: Kubectl): Promise<boolean> {
  const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  return (await kubectl.run('get', 'node', nodeName, '-o', path)).stdout === 'True';
}

async function importImage(folder: string, root: string, options: ImageOptions): Promise<void> {
  const archive = join(folder, 'images', 'next');
  await writeImage(archive, root, options);
  const socket = join(folder, 'own/run/containerd/containerd.sock');
  await must('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', archive]);
  rmSync(archive);
}

/** A cable between the machine and the node, with the API server's service address at the machine's end. */
async function joinNetworks(daemon: Daemon, server: ApiServer, network: LabNetwork): Promise<Server> {
  await untilReady(daemon, () => childOf(daemon.pid) !== '', 10_000);
  const inside = childOf(daemon.pid);
  const ip = (...args: readonly string[]) => must('ip', args);
  const inNode = (...args: readonly string[]) => must('nsenter', ['--target', inside, '--net', 'ip', ...args]);
  const { hostInterface } = network;
  await ip('link', 'add', hostInterface, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', inside);
  await ip('address', 'add', `${network.hostAddress}/30`, 'dev', hostInterface);
  await ip('address', 'add', `${network.serverAddress}/32`, 'dev', hostInterface);
  await ip('link', 'set', hostInterface, 'up');
  await ip('route', 'add', network.podRange, 'via', network.nodeAddress, 'dev', hostInterface);
  await inNode('link', 'set', 'eth0', 'up');
  // Its address comes last: node.sh waits for it.
  await inNode('address', 'add', `${network.nodeAddress}/30`, 'dev', 'eth0');
  await inNode('route', 'add', 'default', 'via', network.hostAddress);
  return relay(network.serverAddress, 443, Number(new URL(server.url).port));
}

/** unshare's only child, which is the first process inside; empty while there is none. */
function childOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  } catch {
    return '';
  }
}

function relay(address: string, port: number, target: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.unref();
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, address, () => resolve(server)));
}

function logsIn(folder: string): string {
  return ['node', 'containerd', 'kubelet']
    .map((name) => {
      try {
        return `${name}:\n${readFileSync(join(folder, `${name}.log`), 'utf8')
          .split('\n')
          .slice(-25)
          .join('\n')}`;
      } catch {
        return `${name}: no log`;
      }
    })
    .join('\n');
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const result = await run(program, args);
  if (result.exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.all}${result.failure ?? ''}`);
}
