// SPDX-License-Identifier: Apache-2.0
// How long it takes to decide upon 1,000 mixed nodes and to render their stack, in one process, as `vdpactl render` does.
// The first run counts too: a command runs once. Ends with 1 when the median is over the limit.
//
//   npm run bench:render [-- ROUNDS]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { medianConfidenceInterval, summarize } from '../src/bench/statistics.ts';
import { configSchema } from '../src/config/config-schema.ts';
import { toManifestYaml } from '../src/output/manifests/manifest-yaml.ts';
import type { NodeReport } from '../src/platform/node-report.ts';
import { decide } from '../src/providers/decide.ts';
import { schemaVersion } from '../src/schema-version.ts';
import { renderKubernetes } from '../src/templates/kubernetes/render-kubernetes.ts';
import {
  alibabaNode,
  awsNode,
  connectxNode,
  igbNode,
  localNode,
  vduseNode,
  vfioModules,
  vhostVdpaModules,
} from '../test/fixtures/cluster-nodes.ts';

/** To decide and to render, milliseconds. YAML comes on top of that and is told apart. */
const limitMs = 1_000;
const nodeCount = 1_000;

const kinds: readonly ((name: string) => NodeReport)[] = [
  awsNode,
  (name) => alibabaNode(name, vhostVdpaModules),
  (name) => alibabaNode(name, vfioModules),
  igbNode,
  connectxNode,
  (name) => connectxNode(name, '0000:65:00.0'),
  // No two of these have their NIC at the same place.
  (name) => moved(igbNode(name), Number(name.slice('node-'.length))),
  vduseNode,
  localNode,
];

interface Times {
  readonly decideMs: number;
  readonly renderMs: number;
  readonly yamlMs: number;
  readonly objects: number;
}

if (process.argv[2] === '--once') process.stdout.write(JSON.stringify(once()));
else process.exitCode = compare(Number(process.argv[2] ?? 7));

function compare(rounds: number): number {
  const runs = Array.from({ length: rounds }, freshRun);
  const totals = runs.map(({ decideMs, renderMs }) => decideMs + renderMs);
  const rows = [
    { name: 'decide', ...stats(runs.map(({ decideMs }) => decideMs)), limitMs: null },
    { name: 'render', ...stats(runs.map(({ renderMs }) => renderMs)), limitMs: null },
    { name: 'decide + render', ...stats(totals), limitMs },
    { name: 'to YAML', ...stats(runs.map(({ yamlMs }) => yamlMs)), limitMs: null },
  ];
  const { objects } = runs[0] ?? { objects: 0 };
  process.stdout.write(`${nodeCount} nodes, ${objects} objects, ${rounds} runs, each in a process of its own\n`);
  process.stdout.write(`${''.padEnd(20)}${'median'.padStart(10)}${'min'.padStart(10)}${'max'.padStart(10)}\n`);
  for (const row of rows) {
    const cells = [row.medianMs, row.minMs, row.maxMs].map((ms) => `${ms.toFixed(1)} ms`.padStart(10)).join('');
    const verdict =
      row.limitMs === null ? '' : `   (limit ${row.limitMs} ms: ${row.medianMs <= row.limitMs ? 'within' : 'OVER'})`;
    process.stdout.write(`${row.name.padEnd(20)}${cells}${verdict}\n`);
  }
  process.stdout.write(
    `${JSON.stringify({ schemaVersion, kind: 'render', node: process.versions.node, nodes: nodeCount, rounds, rows })}\n`,
  );
  return summarize(totals).median <= limitMs ? 0 : 1;
}

function stats(values: readonly number[]) {
  const { median, min, max } = summarize([...values]);
  return { medianMs: median, minMs: min, maxMs: max, ci95Ms: medianConfidenceInterval([...values]) };
}

function freshRun(): Times {
  const argv = [...process.execArgv, fileURLToPath(import.meta.url), '--once'];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a run ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function once(): Times {
  const config = configSchema.parse({ kubernetes: { workloads: ['l3fwd', 'seawreck'] } });
  const reports = Array.from({ length: nodeCount }, (_, index) => {
    const kind = kinds[index % kinds.length] ?? localNode;
    return kind(`node-${index}`);
  });
  const began = performance.now();
  const nodes = reports.map((report) => ({ report, decision: decide(report, config) }));
  const decided = performance.now();
  const stack = renderKubernetes({ nodes, config });
  const rendered = performance.now();
  toManifestYaml(stack);
  return {
    decideMs: decided - began,
    renderMs: rendered - decided,
    yamlMs: performance.now() - rendered,
    objects: stack.objects.length,
  };
}

/** The same NICs on another bus, and one of them left to another program. */
function moved(report: NodeReport, index: number): NodeReport {
  const bus = (index % 200).toString(16).padStart(2, '0');
  return {
    ...report,
    nics: report.nics.map((nic, at) =>
      at < 2
        ? nic
        : { ...nic, pciAddress: `0000:${bus}${nic.pciAddress.slice(7)}`, driver: 'vfio-pci', uplink: at === 3 },
    ),
  };
}
