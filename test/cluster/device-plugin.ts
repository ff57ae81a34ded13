// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { type Tree, writeTree } from '../fixtures/tree.ts';
import { startDaemon, untilReady } from './helpers/daemon.ts';
import { completedTree, interfacesIn } from './helpers/machine-tree.ts';
import type { LabNode } from './node.ts';

const script = fileURLToPath(new URL('device-plugin.sh', import.meta.url));
const startTimeoutMs = 60_000;
const answerTimeoutMs = 10_000;
/** What it says when all its sockets are there. */
const started = 'All servers started.';

export interface Discovery {
  /** Name of each resource that it offers, with its prefix, and the PCI addresses in it, sorted. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
  readonly log: string;
}

/** Runs the real SR-IOV network device plugin on the machine that the tree describes, and asks it what it offers. */
export async function discover(program: string, tree: Tree, config: unknown): Promise<Discovery> {
  const folder = describeMachine(tree, config);
  try {
    const daemon = startDaemon(
      'device-plugin',
      [
        'unshare',
        ...['--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private', '--mount-proc'],
        ...[script, folder, program],
      ],
      folder,
    );
    try {
      await untilReady(daemon, () => daemon.log().includes(started), startTimeoutMs);
      const registry = join(folder, 'lib', 'kubelet', 'plugins_registry');
      const resources = new Map<string, readonly string[]>();
      for (const socket of readdirSync(registry).sort()) {
        resources.set(socket.replace(/_([^_].*)\.sock$/, '/$1'), await devicesOf(join(registry, socket)));
      }
      return { resources, log: daemon.log() };
    } finally {
      await daemon.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the plugin on a node of the lab, with the PCI devices that the tree describes, until that node is stopped. */
export async function startOnNode(
  node: LabNode,
  program: string,
  tree: Tree,
  config: unknown,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const folder = describeMachine(tree, config, node.folder);
  const inNode = ['nsenter', '--target', `${node.pid}`, '--mount', '--net', '--pid'] as const;
  const apart = ['unshare', '--mount', '--propagation', 'private'];
  const daemon = startDaemon('device-plugin', [...inNode, ...apart, script, folder, program, 'node'], folder, env);
  await untilReady(daemon, () => daemon.log().includes(started), startTimeoutMs);
}

/** Writes what device-plugin.sh reads to a new folder. */
function describeMachine(tree: Tree, config: unknown, parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'vdpactl-plugin-'));
  const machine = completedTree(tree);
  mkdirSync(join(folder, 'root', 'sys'), { recursive: true });
  writeTree(join(folder, 'root'), machine);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const lines = interfacesIn(machine).map((each) => `${each.name} ${each.hasDefaultRoute ? 'default' : '-'}\n`);
  writeFileSync(join(folder, 'interfaces'), lines.join(''));
  return folder;
}

/** What kubelet would get as the plugin's first answer. */
function devicesOf(socket: string): Promise<readonly string[]> {
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  return new Promise<readonly string[]>((resolve, reject) => {
    const stream = client.makeServerStreamRequest(
      '/v1beta1.DevicePlugin/ListAndWatch',
      () => Buffer.alloc(0),
      deviceIds,
      null,
      { deadline: Date.now() + answerTimeoutMs },
    );
    stream.on('error', reject);
    stream.on('data', (ids: readonly string[]) => {
      resolve([...ids].sort());
      stream.cancel();
    });
  }).finally(() => client.close());
}

/** Of kubelet's device plugin API, version v1beta1: an answer is a list of devices in field 1; a device's id is its field 1. */
function deviceIds(answer: Buffer): readonly string[] {
  return fieldsOne(answer).flatMap((device) => fieldsOne(device).map((id) => id.toString('utf8')));
}

/** The values of field 1 of a protobuf message, all of whose fields are of the kind with a length. */
function fieldsOne(message: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    if ((key & 7) !== 2) throw new Error(`a field of kind ${key & 7} where one with a length was expected`);
    const end = varint() + at;
    if (key >> 3 === 1) found.push(message.subarray(at, end));
    at = end;
  }
  return found;
}
