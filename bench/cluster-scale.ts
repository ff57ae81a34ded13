// SPDX-License-Identifier: Apache-2.0
// What deploy, status and destroy take on ever larger clusters: CPU, memory, time, and requests to the API server. The
// control plane is real, the nodes are simulated; the API server's own audit log counts the requests. Needs a build and
// what test/cluster/build.sh builds. Ends with 1 when a command takes more than its limit on up to 1,000 nodes.
//
//   npm run bench:cluster-scale [-- NODES…]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaVersion } from '../src/schema-version.ts';
import { labTools } from '../test/cluster/helpers/lab-tools.ts';
import { StackLab } from '../test/cluster/helpers/stack-lab.ts';
import { awsNode } from '../test/fixtures/cluster-nodes.ts';
import { machineText } from './machine.ts';

const maxCpuSeconds = 10;
const maxMemoryMiB = 300;
const limitedTo = 1_000;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 100, 1_000];

const tools = await labTools('etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl');
if ('missing' in tools) throw new Error(tools.missing);
const { bin } = tools;

/** Prints what a program took when it ends: user and system CPU seconds, largest memory in MiB. */
const account = `data:text/javascript,${encodeURIComponent(
  "process.on('exit',()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write('took '+(u+s)/1e6+' s '+m/1024+' MiB')})",
)}`;

/** Whose requests are logged, once each, and nobody else's. */
const user = 'bench';
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted', 'ResponseComplete', 'Panic'],
  rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
};

const options = ['--target', 'kubernetes', '--progress', 'none'];
const commands: readonly (readonly [name: string, args: readonly string[]])[] = [
  // Each node is probed by a pod, as for a user.
  ['deploy', ['deploy', ...options, '--timeout', '900']],
  ['deploy, nothing to do', ['deploy', ...options, '--from', 'reports.json', '--timeout', '900']],
  ['status', ['status', ...options]],
  ['destroy', ['destroy', ...options, '--timeout', '900']],
];

interface Row {
  readonly nodes: number;
  readonly command: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMiB: number;
  readonly requests: number;
}

const rows: Row[] = [];
for (const nodes of sizes) rows.push(...(await measure(nodes)));
print();

async function measure(nodes: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-audit-'));
  const [policyFile, log] = [join(folder, 'policy.json'), join(folder, 'audit.log')];
  writeFileSync(policyFile, JSON.stringify(policy));
  const lab = await StackLab.start({
    ...{ bin, fastNamespaces: true, config: {} },
    users: { [user]: ['system:masters'] },
    serverArguments: [`--audit-policy-file=${policyFile}`, `--audit-log-path=${log}`],
    reports: Array.from({ length: nodes }, (_, index) => awsNode(`node-${String(index).padStart(4, '0')}`)),
  });
  try {
    const kubeconfig = lab.cluster.server.kubeconfigOf(user);
    const found: Row[] = [];
    for (const [command, args] of commands) {
      const before = lines(log);
      const began = performance.now();
      const running = lab.start(args, { kubeconfig, node: ['--import', account], hangMs: 1_800_000 });
      const { code, stderr } = await running.ended;
      const seconds = (performance.now() - began) / 1000;
      if (code !== 0) throw new Error(`${command} on ${nodes} nodes: ${stderr}`);
      const [, cpu = '', memory = ''] = /took (\S+) s (\S+) MiB/.exec(stderr) ?? [];
      const requests = lines(log) - before;
      found.push({ nodes, command, seconds, cpuSeconds: Number(cpu), memoryMiB: Number(memory), requests });
      process.stderr.write(
        `${nodes} nodes: ${command}: ${seconds.toFixed(1)} s, ${cpu} s of CPU, ${memory} MiB, ${requests} requests\n`,
      );
    }
    return found;
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function lines(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

function print(): void {
  const text = [
    `simulated nodes, each with one device of its own; ${machineText()}, which the control plane and the simulator share`,
    '',
    '| nodes | command | time | CPU | memory | requests | requests a node |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ nodes, command, seconds, cpuSeconds, memoryMiB, requests }) => {
      const figures = [`${seconds.toFixed(1)} s`, `${cpuSeconds.toFixed(2)} s`, `${memoryMiB.toFixed(0)} MiB`];
      return `| ${[nodes, command, ...figures, requests, (requests / nodes).toFixed(2)].join(' | ')} |`;
    }),
  ];
  const isWithin = rows
    .filter(({ nodes }) => nodes <= limitedTo)
    .every(({ cpuSeconds, memoryMiB }) => cpuSeconds <= maxCpuSeconds && memoryMiB <= maxMemoryMiB);
  text.push(
    '',
    `limits: ${maxCpuSeconds} s of CPU and ${maxMemoryMiB} MiB on ${limitedTo} nodes: ${isWithin ? 'within' : 'OVER'}`,
  );
  process.stdout.write(`${text.join('\n')}\n${JSON.stringify({ schemaVersion, kind: 'cluster-scale', rows })}\n`);
  process.exitCode = isWithin ? 0 : 1;
}
