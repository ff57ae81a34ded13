// SPDX-License-Identifier: Apache-2.0
// Starts a real cluster of one node and keeps it until it is interrupted:
//
//   npm run lab:cluster:up
import { startCluster } from './lab-cluster.ts';

const cluster = await startCluster();
process.stdout.write(`export KUBECONFIG=${cluster.server.kubeconfig}\n`);
process.stderr.write(
  `a cluster with the node ${cluster.node.name} runs; its logs are in ${cluster.node.folder}; Ctrl-C ends it\n`,
);
const hold = setInterval(() => {}, 60_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    clearInterval(hold);
    void cluster.stop();
  });
}
