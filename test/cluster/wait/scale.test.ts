// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { run } from '../../../src/process/run.ts';
import { startSimulatedCluster } from '../simulated-cluster.ts';
import { applySet, namespace, numberedNodes } from './waited-stack.ts';

const { bin, whyNoControllers } = inject('cluster');
const count = Number(process.env['VDPACTL_LAB_NODES'] ?? 1000);
const sets = ['agent', 'backend', 'device-plugin'];

/** While the pods of that many nodes start, each on its own time. */
test.skipIf(whyNoControllers !== null)(
  `waits for a stack on ${count} nodes, and tells how it is, with little work`,
  async () => {
    const cluster = await startSimulatedCluster({ bin, nodes: numberedNodes(count), fastNamespaces: true });
    try {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await cluster.client.request({ method: 'POST', path: '/api/v1/namespaces', body });
      for (const name of sets) await applySet(cluster.client, name);
      const { kubeconfig } = cluster.server;
      const program = fileURLToPath(new URL('wait-alone.ts', import.meta.url));
      const result = await run(process.execPath, ['--import', 'tsx', program, kubeconfig, String(count), ...sets], {
        env: { PATH: process.env['PATH'] },
        cwd: packageRoot(),
        timeoutMs: 500_000,
      });
      expect(result.exitCode, result.all).toBe(0);
      const at = performance.now();
      const { waited, status, maxMemoryMiB } = JSON.parse(result.stdout);
      const lastReady = Math.max(...cluster.simulator.readyAt.values());
      process.stderr.write(
        `${count} nodes: waited ${waited.seconds.toFixed(1)} s with ${waited.cpuSeconds.toFixed(2)} s of CPU, ` +
          `status ${status.seconds.toFixed(1)} s with ${status.cpuSeconds.toFixed(2)} s of CPU, ` +
          `${maxMemoryMiB.toFixed(0)} MiB, done ${((at - lastReady) / 1000).toFixed(1)} s after the last pod\n`,
      );
      expect(waited.answer.nodes).toBe(count);
      expect(status.answer.nodes).toBe(count);
      expect(waited.cpuSeconds).toBeLessThan(4);
      expect(status.cpuSeconds).toBeLessThan(4);
      expect(maxMemoryMiB).toBeLessThan(300);
    } finally {
      await cluster.stop();
    }
  },
  600_000,
);
