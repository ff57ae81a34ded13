// SPDX-License-Identifier: Apache-2.0
// Soak: attaches, detaches, kills parts with SIGKILL and redeploys, at random, for a given time; then destroys. Looks all
// the while for what leaks: processes, sockets, mounts, huge pages, open files, memory.
//
//   tsx test/labs/soak.ts [SECONDS] [SEED]        (root, DPDK, huge pages, and a build: npm run build)
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDir } from '../../dataplane/contract/run-dir.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { messageOf, VdpaError } from '../../src/errors/vdpa-error.ts';
import { AgentClient } from '../../src/local/agent-client.ts';
import { deployStack } from '../../src/local/deploy.ts';
import { destroyStack } from '../../src/local/destroy.ts';
import { stackStatus } from '../../src/local/status.ts';
import { silentProgress } from '../../src/output/progress.ts';
import { markedProcesses } from '../../src/process/process-table.ts';

const seconds = Number(process.argv[2] ?? 120);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const root = '/run/vdpactl-soak';
const dir = runDir(root);
const config = configSchema.parse({ provider: 'local', local: { devices: 2, memoryMiB: 64 } });
/** Growth that is no leak: what a young process takes until its heap has settled, KiB. */
const settledAfterMs = 5_000;
/** Calm and chaos take turns: only a daemon that is left alone for a while can show that it does not grow. */
const phaseMs = Math.min(60_000, Math.max(15_000, (seconds * 1000) / 6));
const maxGrowthKiB = 24 * 1024;

const counts = { attach: 0, detach: 0, refused: 0, kill: 0, redeploy: 0, destroy: 0 };
const problems: string[] = [];
const random = mulberry32(seed);
const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];

interface Memory {
  readonly pid: number;
  readonly since: number;
  first: number | null;
  last: number;
}
const memory = new Map<string, Memory>();
const grown: number[] = [];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const began = performance.now();
const before = resources();
say(`soak: ${seconds} s, seed ${seed}; at the start ${JSON.stringify(before)}`);
const deadline = performance.now() + seconds * 1000;
await deploy();
while (performance.now() < deadline && problems.length === 0) {
  await step();
  lookAtMemory();
}
await deploy();
const status = await stackStatus(dir);
if (status.state !== 'healthy') problems.push(`after the last deploy: ${status.problems.join('; ')}`);
await destroyStack(dir, silentProgress);
await sleep(200);
const after = resources();
for (const key of Object.keys(before) as (keyof typeof before)[]) {
  if (after[key] !== before[key]) problems.push(`${key}: ${before[key]} at the start, ${after[key]} at the end`);
}
say(`soak: did ${JSON.stringify(counts)}`);
say(`soak: at the end ${JSON.stringify(after)}; largest growth of a daemon ${Math.max(0, ...grown)} KiB`);
for (const problem of problems) say(`soak: LEAK OR FAILURE: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function step(): Promise<void> {
  const calm = Math.floor((performance.now() - began) / phaseMs) % 2 === 0;
  const dice = calm ? 0 : random();
  if (dice < 0.7) await attachOrDetach();
  else if (dice < 0.9) await killSomething();
  else if (dice < 0.98) await deploy();
  else {
    await destroyStack(dir, silentProgress);
    counts.destroy += 1;
    const left = resources();
    if (left.processes !== before.processes || left.runDirs !== before.runDirs)
      problems.push(`destroy left ${JSON.stringify(left)}`);
    await deploy();
  }
}

async function attachOrDetach(): Promise<void> {
  const workload = pick(['alpha', 'beta', 'gamma']) ?? 'alpha';
  const client = new AgentClient(dir);
  try {
    if (random() < 0.5) {
      await client.attach(workload, pick([null, 'local0', 'local1']) ?? null);
      counts.attach += 1;
    } else {
      await client.detach(workload, null);
      counts.detach += 1;
    }
  } catch {
    counts.refused += 1; // the agent is down or the device is taken: both are part of the game
  } finally {
    client.close();
  }
}

async function killSomething(): Promise<void> {
  const victim = pick(markedProcesses(root));
  if (victim === undefined) return;
  try {
    process.kill(victim.pid, 'SIGKILL');
    counts.kill += 1;
  } catch {
    // it went by itself
  }
  if (random() < 0.5) await sleep(random() * 500);
}

async function deploy(): Promise<void> {
  try {
    await deployStack({
      runDir: root,
      config,
      set: [],
      env: process.env,
      progress: silentProgress,
      signal: new AbortController().signal,
      timeoutMs: 60_000,
    });
    counts.redeploy += 1;
  } catch (error) {
    const details = error instanceof VdpaError ? [...error.details] : [];
    problems.push([`deploy: ${messageOf(error)}`, ...details].join('\n  '));
  }
}

function lookAtMemory(): void {
  for (const found of markedProcesses(root)) {
    if (found.role !== 'agent' && found.role !== 'supervisor') continue;
    const rss = rssKiB(found.pid);
    const now = performance.now();
    const known = memory.get(found.role);
    if (known === undefined || known.pid !== found.pid) {
      memory.set(found.role, { pid: found.pid, since: now, first: null, last: rss });
      continue;
    }
    if (known.first === null && now - known.since > settledAfterMs) known.first = rss;
    known.last = rss;
    if (known.first !== null) {
      grown.push(rss - known.first);
      if (rss - known.first > maxGrowthKiB) problems.push(`${found.role} grew from ${known.first} to ${rss} KiB`);
    }
  }
}

function rssKiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** What must be the same before and after. */
function resources() {
  const entries = (path: string, name: string): number => {
    try {
      return readdirSync(path).filter((entry) => entry.startsWith(name)).length;
    } catch {
      return 0;
    }
  };
  return {
    processes: markedProcesses(root).length,
    hugePagesLost: lostHugePages(),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(root)).length,
    sockets: readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .filter((line) => line.includes(root)).length,
    openFiles: readdirSync('/proc/self/fd').length,
    runDirs: entries('/run', 'vdpactl-soak'),
    dpdkDirs: entries('/var/run/dpdk', 'vdpactl'),
    hugeFiles: entries('/dev/hugepages', 'vdpactl'),
  };
}

/** Huge pages that are neither free nor in any living process: others on this machine may take and give back some meanwhile. */
function lostHugePages(): number {
  const meminfo = readFileSync('/proc/meminfo', 'utf8');
  const value = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  const heldKiB = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + hugetlbKiB(Number(pid)), 0);
  const inUse = value('HugePages_Total') - value('HugePages_Free');
  // Pages that two processes share are counted for both, so the difference may be below nothing.
  return Math.max(0, inUse - heldKiB / Math.max(1, value('Hugepagesize')));
}

function hugetlbKiB(pid: number): number {
  try {
    return Number(/^HugetlbPages:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A small seeded generator, so that a failing run can be run again. */
function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
