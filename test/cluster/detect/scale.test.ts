// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { connect } from '../../../src/cluster/client/kube-client.ts';
import { packageRoot } from '../../../src/files/package-root.ts';
import { runBytes } from '../../../src/process/run.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { nicReport } from '../../fixtures/reports.ts';
import { simulateNamespaces } from '../namespace-simulator.ts';
import { NodeSimulator } from '../node-simulator.ts';

const count = 1000;
const maxCpuSeconds = 5;
const maxMemoryMiB = 300;
const program = join(packageRoot(), 'bin/vdpactl.js');
const { kubeconfig } = inject('cluster');

/** Prints what a program took when it ends: user and system CPU seconds, largest memory in MiB. */
const account = `data:text/javascript,process.on('exit',()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write('took '+(u+s)/1e6+' s '+m/1024+' MiB')})`;

/** As large as the report of a host with 20 NICs. */
function log(name: string): string {
  const report = awsNode(name);
  const nics = Array.from({ length: 20 }, (_, at) => nicReport({ pciAddress: `0000:${10 + at}:00.0` }));
  return `${JSON.stringify({ ...report, nics: [...report.nics, ...nics] }, null, 2)}\n`;
}

test.skipIf(!existsSync(join(packageRoot(), 'dist/cli.js')))(
  `probes ${count} simulated nodes within ${maxCpuSeconds} s of CPU and ${maxMemoryMiB} MiB`,
  async () => {
    const client = connect({ kubeconfig }, {}, '/', null);
    const namespaces = simulateNamespaces(client);
    const names = Array.from({ length: count }, (_, at) => `node-${String(at).padStart(4, '0')}`);
    const simulator = await NodeSimulator.start(
      client,
      names.map((name) => ({ name, fate: () => ({ kind: 'succeeds', log: log(name) }) })),
    );
    try {
      const began = performance.now();
      const result = await runBytes(
        process.execPath,
        [
          '--import',
          account,
          program,
          'detect',
          '--cluster',
          '--kubeconfig',
          kubeconfig,
          '-o',
          'json',
          '--progress',
          'none',
        ],
        { env: { PATH: process.env['PATH'] }, cwd: '/', timeoutMs: 500_000, maxBytes: 256 * 1024 * 1024 },
      );
      const seconds = (performance.now() - began) / 1000;
      expect(result.exitCode, result.stderr).toBe(0);
      const { nodes } = JSON.parse(Buffer.from(result.stdout).toString('utf8'));
      expect(nodes.map(({ node }: { node: { name: string } }) => node.name)).toEqual(names);
      const [, cpu = '', memory = ''] = /took (\S+) s (\S+) MiB/.exec(result.stderr) ?? [];
      process.stderr.write(`${count} nodes: ${seconds.toFixed(1)} s, ${cpu} s of CPU, ${memory} MiB\n`);
      expect(Number(cpu)).toBeLessThan(maxCpuSeconds);
      expect(Number(memory)).toBeLessThan(maxMemoryMiB);
    } finally {
      await simulator.stop();
      await namespaces.stop();
      client.close();
    }
  },
  600_000,
);
