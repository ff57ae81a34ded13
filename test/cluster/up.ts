// SPDX-License-Identifier: Apache-2.0
// Starts a real cluster of one node and keeps it until it is interrupted; with the name of a machine of the hardware lab
// that one joins it as a second node:
//
//   npm run lab:cluster:up [-- MACHINE]

import { labImage } from '../hardware/helpers/lab-image.ts';
import type { Machine } from '../hardware/helpers/machine.ts';
import { machines } from '../hardware/machines.ts';
import { guestNodeName, startGuestNode } from './guest-node.ts';
import { startCluster } from './lab-cluster.ts';

const wanted = process.argv[2];
const machine = machines.find(({ name }) => name === wanted);
if (wanted !== undefined && machine === undefined) {
  process.stderr.write(`usage: up.ts [${machines.map(({ name }) => name).join('|')}]\n`);
  process.exit(2);
}
const cluster = await startCluster(...(machine === undefined ? [] : [guestNodeName(machine)]));
process.stdout.write(`export KUBECONFIG=${cluster.server.kubeconfig}\n`);
process.stderr.write(`a cluster with the node ${cluster.node.name} runs; its logs are in ${cluster.node.folder}\n`);
const running: { stop(): Promise<void> }[] = [cluster];
const stop = async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
};
const joined = machine === undefined ? Promise.resolve() : join(machine);
const hold = setInterval(() => {}, 60_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    clearInterval(hold);
    void joined.catch(() => {}).then(stop);
  });
}
try {
  await joined;
  process.stderr.write('Ctrl-C ends it\n');
} catch (error) {
  clearInterval(hold);
  await stop();
  throw error;
}

async function join(wanted: Machine): Promise<void> {
  const image = await labImage();
  if ('missing' in image) throw new Error(image.missing);
  const node = await startGuestNode(cluster, wanted, image.built);
  running.push(node);
  process.stderr.write(`the node ${node.name} has joined; to get in: ${node.guest.connect}\n`);
}
