// SPDX-License-Identifier: Apache-2.0
// How long the CNI plugin takes from exec to exit, beside Go plugins of the CNI project (Debian: containernetworking-plugins)
// in the same run: A B C … A B C …, alone and a hundred at once. The agent is a stand-in that answers at once, in Node.js as
// the agent is. Ends with 1 when a median is over its limit. Needs a C compiler; `loopback ADD` needs root.
//
//   npm run bench:cni [-- ROUNDS]
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { medianConfidenceInterval, summarize } from '../src/bench/statistics.ts';
import { schemaVersion } from '../src/schema-version.ts';

interface Subject {
  readonly name: string;
  readonly program: string;
  readonly command: 'ADD' | 'VERSION';
  readonly succeeds: boolean;
  /** Milliseconds that the median may take, alone; null: only there to compare. */
  readonly limitMs: number | null;
}

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 200);
const atOnce = 100;
const burstRounds = Math.max(3, Math.round(rounds / 20));
const goPlugins = '/usr/lib/cni';

const folder = mkdtempSync(join(tmpdir(), 'vdpactl-bench-cni-'));
const config = join(folder, 'config.json');
const socket = join(folder, 'cni.sock');
const timer = join(folder, 'exec-timer');
const netns = `vdpactl-bench-${process.pid}`;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
execFileSync('make', ['-s', '-C', path('../dataplane/cni'), `BUILD=${folder}`]);
execFileSync('cc', ['-O2', '-Wall', '-Werror', path('exec-timer.c'), '-o', timer]);
const hasNetns = spawnSync('ip', ['netns', 'add', netns], { stdio: 'ignore' }).status === 0;
// The device does not exist: host-device ADD ends when it has looked for it.
writeFileSync(config, JSON.stringify({ cniVersion: '1.0.0', name: 'bench', type: 'x', device: 'vdpactl-none' }));

const vdpa = join(folder, 'vdpa');
const go = (name: string): string => join(goPlugins, name);
const all: readonly Subject[] = [
  { name: 'true', program: '/bin/true', command: 'ADD', succeeds: true, limitMs: null },
  { name: 'vdpa VERSION', program: vdpa, command: 'VERSION', succeeds: true, limitMs: 1 },
  { name: 'vdpa ADD', program: vdpa, command: 'ADD', succeeds: true, limitMs: 2 },
  { name: 'bridge VERSION', program: go('bridge'), command: 'VERSION', succeeds: true, limitMs: null },
  { name: 'host-device ADD, no device', program: go('host-device'), command: 'ADD', succeeds: false, limitMs: null },
  { name: 'loopback ADD', program: go('loopback'), command: 'ADD', succeeds: true, limitMs: null },
];
const subjects = all.filter(({ name, program }) => {
  const why = !existsSync(program) ? 'not installed' : name === 'loopback ADD' && !hasNetns ? 'needs root' : null;
  if (why !== null) process.stderr.write(`left out: ${name}: ${why}\n`);
  return why === null;
});

const result = '{"cniVersion":"1.0.0","interfaces":[{"name":"net1","sandbox":"/run/netns/x"}]}';
const server = createServer((connection) => {
  // It is one piece of some hundred bytes, which comes whole.
  connection.once('data', () => connection.end(`0 ${result.length}\n${result}`));
  connection.on('error', () => {});
});
await new Promise<void>((resolve) => server.listen(socket, 511, resolve));

try {
  const alone = await times(1, rounds);
  const together = await times(atOnce, burstRounds);
  const rows = subjects.map(({ name, limitMs }) => {
    const own = alone.get(name) ?? [];
    const { median, min, max } = summarize(own);
    const each = summarize((together.get(name) ?? []).map((ms) => ms / atOnce)).median;
    return {
      name,
      medianMs: median,
      minMs: min,
      maxMs: max,
      ci95Ms: medianConfidenceInterval(own),
      eachMs: each,
      limitMs,
    };
  });
  process.stdout.write(`${rounds} runs alone, ${burstRounds} of ${atOnce} at once\n`);
  const heads = ['median', 'min', 'max', `each of ${atOnce}`].map((head) => head.padStart(13)).join('');
  process.stdout.write(`${''.padEnd(28)}${heads}\n`);
  for (const row of rows) {
    const cells = [row.medianMs, row.minMs, row.maxMs, row.eachMs]
      .map((ms) => `${ms.toFixed(3)} ms`.padStart(13))
      .join('');
    const verdict =
      row.limitMs === null ? '' : `   (limit ${row.limitMs} ms: ${row.medianMs <= row.limitMs ? 'within' : 'OVER'})`;
    process.stdout.write(`${row.name.padEnd(28)}${cells}${verdict}\n`);
  }
  process.stdout.write(`${JSON.stringify({ schemaVersion, kind: 'cni', rounds, atOnce, rows })}\n`);
  process.exitCode = rows.every((row) => row.limitMs === null || row.medianMs <= row.limitMs) ? 0 : 1;
} finally {
  server.close();
  if (hasNetns) spawnSync('ip', ['netns', 'delete', netns], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds until `count` processes that were started at once had ended, for each subject in turn. */
async function times(count: number, howOften: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  for (let round = -1; round < howOften; round += 1) {
    for (const subject of subjects) {
      const ms = await timeOf(subject, count);
      if (round >= 0) found.get(subject.name)?.push(ms); // the first round warms the caches
    }
  }
  return found;
}

async function timeOf({ name, program, command, succeeds }: Subject, count: number): Promise<number> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: 'bench',
    CNI_NETNS: `/run/netns/${netns}`,
    // What loopback is called with, and what the others accept too.
    CNI_IFNAME: 'lo',
    CNI_PATH: goPlugins,
    VDPA_CNI_SOCKET: socket,
  };
  const { stdout } = await run(timer, [String(count), config, program], { env });
  const [ns = Number.NaN, succeeded] = stdout.trim().split(' ').map(Number);
  if (succeeded !== (succeeds ? count : 0)) throw new Error(`${name}: ${succeeded} of ${count} ended with 0`);
  return ns / 1e6;
}
