// SPDX-License-Identifier: Apache-2.0
// A program: waits for a stack and asks for its status, and prints what each took. Of its own, so that nothing else counts.
import { connect } from '../../../src/cluster/client/kube-client.ts';
import { writeInventory } from '../../../src/cluster/stack/inventory.ts';
import { clusterStatus } from '../../../src/cluster/status/cluster-status.ts';
import { waitForStack } from '../../../src/cluster/wait/wait-for-stack.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { namespace, numberedNodes, setRef } from './waited-stack.ts';

const [kubeconfig = '', count = '', ...sets] = process.argv.slice(2);
const nodes = numberedNodes(Number(count)).map(({ planned }) => planned);
const objects = sets.map(setRef);
const client = connect({ kubeconfig }, {}, '/');
const { signal } = new AbortController();

async function measured(work: () => Promise<unknown>) {
  const before = process.cpuUsage();
  const began = performance.now();
  const answer = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6, answer };
}

const waited = await measured(async () => {
  const limits = { timeoutMs: 500_000, pullTimeoutMs: 1_000 };
  const { waitedMs, nodes: found } = await waitForStack({
    ...{ client, objects, nodes, changed: new Set<string>(), ...limits, progress: silentProgress, signal },
  });
  return { waitedMs, nodes: found.length };
});
const entries = objects.map((ref) => ({ ...ref, adopted: false }));
await writeInventory(client, namespace, {
  state: 'deployed',
  objects: entries,
  plan: { objects: [], nodes },
  previous: null,
});
const status = await measured(async () => {
  const { nodes: found } = await clusterStatus(client, namespace, signal);
  return { nodes: found.length };
});
const maxMemoryMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ waited, status, maxMemoryMiB })}\n`);
client.close();
