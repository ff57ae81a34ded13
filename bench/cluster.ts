// SPDX-License-Identifier: Apache-2.0
// How long a stack takes until it is ready, and how soon that is noticed: with kubectl (apply --server-side, label, rollout
// status) and with vdpactl (deploy), in turn, A B A B …, on one cluster of a real control plane and simulated nodes. The
// manifests are the same. Needs a build and what test/cluster/build.sh builds. Ends with 1 beyond a limit.
//
//   npm run bench:cluster [-- ROUNDS [NODES]]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { medianConfidenceInterval, summarize } from '../src/bench/statistics.ts';
import { run } from '../src/process/run.ts';
import { schemaVersion } from '../src/schema-version.ts';
import { networkCrd } from '../src/templates/kubernetes/multus/network-crd.ts';
import { labTools } from '../test/cluster/helpers/lab-tools.ts';
import { deployArguments, StackLab } from '../test/cluster/helpers/stack-lab.ts';
import { awsNode } from '../test/fixtures/cluster-nodes.ts';
import { machineText } from './machine.ts';

/** Times kubectl's. */
const slowestRatio = 1.1;
/** From the last pod's readiness to the end of the wait, ms. */
const latestMs = 1_000;
/** How long a pod takes to become ready, ms: none at all, and about as long as a small image that is there. */
const podTimes = [0, 2_000];

const rounds = Number(process.argv[2] ?? 7);
const count = Number(process.argv[3] ?? 10);

const tools = await labTools('etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl');
if ('missing' in tools) throw new Error(tools.missing);
const { bin } = tools;

interface Sample {
  readonly ms: number;
  readonly afterReadyMs: number;
}

interface Row {
  readonly name: string;
  readonly podMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly ci95Ms: ReturnType<typeof medianConfidenceInterval>;
  readonly afterReadyMs: number;
  readonly maxAfterReadyMs: number;
  readonly ratio: number;
}

const rows: Row[] = [];
for (const afterMs of podTimes) {
  const samples = await compare(afterMs);
  const ratio = summarize(samples.vdpactl.map(({ ms }, round) => ms / (samples.kubectl[round]?.ms ?? Number.NaN)));
  for (const [name, own] of Object.entries(samples)) {
    const [times, late] = [own.map(({ ms }) => ms), own.map(({ afterReadyMs }) => afterReadyMs)];
    rows.push({
      name,
      podMs: afterMs,
      ...{ medianMs: summarize(times).median, minMs: summarize(times).min, maxMs: summarize(times).max },
      ci95Ms: medianConfidenceInterval(times),
      afterReadyMs: summarize(late).median,
      maxAfterReadyMs: summarize(late).max,
      ratio: name === 'vdpactl' ? ratio.median : 1,
    });
  }
}
const isWithin = rows.every(
  ({ name, ratio, maxAfterReadyMs }) => name === 'kubectl' || (ratio <= slowestRatio && maxAfterReadyMs <= latestMs),
);
print();
process.exitCode = isWithin ? 0 : 1;

async function compare(afterMs: number): Promise<{ readonly kubectl: Sample[]; readonly vdpactl: Sample[] }> {
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  // Kubectl cannot apply a definition and an object of it at once: so that is there already.
  const config = { kubernetes: { multus: 'present' } };
  const lab = await StackLab.start({
    bin,
    fastNamespaces: true,
    reports: names.map((name) => awsNode(name)),
    config,
    afterMs,
  });
  try {
    const { kubectl } = lab.cluster;
    await kubectl.apply(JSON.stringify(networkCrd()));
    const rendered = await lab.run([
      'render',
      '--target',
      'kubernetes',
      '--from',
      'reports.json',
      '-o',
      'yaml',
      '--progress',
      'none',
    ]);
    if (rendered.code !== 0) throw new Error(rendered.stderr);
    writeFileSync(join(lab.folder, 'stack.yaml'), rendered.stdout);
    const labels = await nodeLabels(lab);
    const samples: { kubectl: Sample[]; vdpactl: Sample[] } = { kubectl: [], vdpactl: [] };
    for (let round = -1; round < rounds; round += 1) {
      const kubectlSample = await timed(lab, () => byKubectl(lab, labels));
      await removeByKubectl(lab, labels);
      const vdpactlSample = await timed(lab, () => byVdpactl(lab));
      await must(lab.destroy());
      // The first round warms the caches.
      if (round < 0) continue;
      samples.kubectl.push(kubectlSample);
      samples.vdpactl.push(vdpactlSample);
    }
    return samples;
  } finally {
    await lab.stop();
  }
}

async function timed(lab: StackLab, work: () => Promise<void>): Promise<Sample> {
  await lab.settledState();
  const began = performance.now();
  await work();
  const ended = performance.now();
  return { ms: ended - began, afterReadyMs: ended - Math.max(...lab.cluster.simulator.readyAt.values()) };
}

async function byKubectl(lab: StackLab, labels: readonly string[]): Promise<void> {
  await kubectlRun(lab, 'apply', '--server-side', '-f', 'stack.yaml');
  await kubectlRun(lab, 'label', 'nodes', '--all', '--overwrite', ...labels);
  for (const [kind, namespace] of [
    ['daemonset', 'vdpactl-system'],
    ['deployment', 'vdpactl-workloads'],
  ] as const) {
    await kubectlRun(lab, 'rollout', 'status', kind, '-n', namespace, '-l', 'app.kubernetes.io/part-of=vdpactl');
  }
}

async function byVdpactl(lab: StackLab): Promise<void> {
  await must(lab.run(deployArguments, { kubeconfig: lab.cluster.server.kubeconfig }));
}

async function removeByKubectl(lab: StackLab, labels: readonly string[]): Promise<void> {
  await kubectlRun(lab, 'delete', '-f', 'stack.yaml', '--wait', '--ignore-not-found');
  await kubectlRun(lab, 'label', 'nodes', '--all', ...labels.map((label) => `${label.split('=')[0]}-`));
  for (const { residue } of lab.hosts) residue.clear();
}

async function nodeLabels(lab: StackLab): Promise<string[]> {
  await must(lab.deploy());
  const node = JSON.parse(await lab.cluster.kubectl.ok('get', 'node', 'node-1', '-o', 'json'));
  const labels = Object.entries(node.metadata.labels).map(([key, value]) => `${key}=${value}`);
  await must(lab.destroy());
  return labels.filter((label) => label.startsWith('vdpactl.io/'));
}

async function kubectlRun(lab: StackLab, ...args: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'], HOME: join(lab.folder, 'home'), KUBECONFIG: lab.cluster.server.kubeconfig };
  const result = await run(join(bin, 'kubectl'), args, { env, cwd: lab.folder, timeoutMs: 120_000 });
  if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.all}`);
}

async function must(ended: Promise<{ readonly code: number | null; readonly stderr: string }>): Promise<void> {
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(stderr);
}

function print(): void {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const lines = [
    `${count} simulated nodes, ${rounds} rounds in turn, ${machineText()}`,
    '',
    '| | a pod is ready after | until all is ready, median (min to max) | after the last pod was ready, median (max) | times kubectl |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${ms(row.podMs)} | ${ms(row.medianMs)} (${ms(row.minMs)} to ${ms(row.maxMs)}) | ${ms(row.afterReadyMs)} (${ms(row.maxAfterReadyMs)}) | ${row.ratio.toFixed(2)} |`,
    ),
    '',
    `limits: ${slowestRatio} times kubectl, ${ms(latestMs)} after the last pod: ${isWithin ? 'within' : 'OVER'}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.stdout.write(`${JSON.stringify({ schemaVersion, kind: 'cluster', nodes: count, rounds, rows })}\n`);
}
