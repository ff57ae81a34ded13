// SPDX-License-Identifier: Apache-2.0
// How long a command takes from start to end, beside the tools that answer the same question, in one run: A B C … A B C …,
// so that a machine that changes its speed changes it for all. Needs a build (npm run build).
//
//   npm run bench:start [-- ROUNDS]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { medianConfidenceInterval, summarize } from '../src/bench/statistics.ts';
import { findProgram } from '../src/platform/dpdk.ts';
import { schemaVersion } from '../src/schema-version.ts';

interface Subject {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** How many times the bare start of Node.js it may take; null: only there to compare. */
  readonly limit: number | null;
}

const cli = fileURLToPath(new URL('../bin/vdpactl.js', import.meta.url));
const node = process.execPath;
const rounds = Number(process.argv[2] ?? 21);

const subjects: readonly Subject[] = [
  { name: "node -e ''", argv: [node, '-e', ''], limit: null },
  { name: 'vdpactl --version', argv: [node, cli, '--version'], limit: 1.5 },
  { name: 'vdpactl --help', argv: [node, cli, '--help'], limit: null },
  { name: 'vdpactl detect -o json', argv: [node, cli, 'detect', '-o', 'json'], limit: 3 },
  { name: 'lspci -Dnn', argv: ['lspci', '-Dnn'], limit: null },
  { name: 'dpdk-devbind.py --status', argv: ['dpdk-devbind.py', '--status'], limit: null },
];

const present = subjects.filter(({ name, argv }) => {
  const found = argv[0].startsWith('/') || findProgram(argv[0], process.env) !== null;
  if (!found) process.stderr.write(`left out: ${name}: not installed (pciutils, dpdk)\n`);
  return found;
});
const times = new Map<string, number[]>(present.map(({ name }) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  for (const { name, argv } of present) {
    const ms = timeOf(argv);
    if (round >= 0) times.get(name)?.push(ms); // the first round warms the caches
  }
}

const baseline = times.get("node -e ''") ?? [];
const rows = present.map(({ name, limit }) => {
  const own = times.get(name) ?? [];
  // Pair by pair, so that a drift of the machine cancels out.
  const ratio = summarize(own.map((ms, index) => ms / (baseline[index] ?? Number.NaN))).median;
  const { median, min, max } = summarize(own);
  return {
    name,
    medianMs: median,
    minMs: min,
    maxMs: max,
    ci95Ms: medianConfidenceInterval(own),
    ratioToNode: ratio,
    limit,
  };
});
process.stdout.write(
  `${'command'.padEnd(28)}${'median'.padStart(10)}${'min'.padStart(10)}${'max'.padStart(10)}   of node -e ''\n`,
);
for (const row of rows) {
  const cells = [row.medianMs, row.minMs, row.maxMs].map((ms) => `${ms.toFixed(1)} ms`.padStart(10)).join('');
  const verdict =
    row.limit === null
      ? ''
      : row.ratioToNode <= row.limit
        ? ` (limit ${row.limit}: within)`
        : ` (limit ${row.limit}: OVER)`;
  process.stdout.write(`${row.name.padEnd(28)}${cells}   ${row.ratioToNode.toFixed(2)}${verdict}\n`);
}
process.stdout.write(
  `${JSON.stringify({ schemaVersion, kind: 'start', node: process.versions.node, rounds, rows })}\n`,
);

function timeOf([program, ...args]: readonly [string, ...string[]]): number {
  const began = performance.now();
  const result = spawnSync(program, args, { stdio: 'ignore' });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${result.status ?? result.signal}`);
  return performance.now() - began;
}
