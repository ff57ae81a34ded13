// SPDX-License-Identifier: Apache-2.0
// How long traffic is gone when a backend is killed: from the kill to the first packet that has been through the whole
// path again. The workload is never touched. Run as root on a machine that is otherwise idle:
//
//   npm run bench:recovery [-- ROUNDS]
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { backendStatusSchema } from '../dataplane/contract/backend-spec.ts';
import { runDir, statusFile } from '../dataplane/contract/run-dir.ts';
import type { Generator } from '../src/bench/path/generator.ts';
import { type MeasuredPath, withMeasuredPath } from '../src/bench/path/measured-path.ts';
import { median } from '../src/bench/statistics.ts';
import { configSchema } from '../src/config/config-schema.ts';
import { VdpaError } from '../src/errors/vdpa-error.ts';
import { readJsonFile } from '../src/files/json-file.ts';
import { deployStack } from '../src/local/deploy.ts';
import { destroyStack } from '../src/local/destroy.ts';
import { readStack } from '../src/local/stack-files.ts';
import { workloadPrograms } from '../src/local/workload-programs.ts';
import { silentProgress } from '../src/output/progress.ts';
import { installedDpdk } from '../src/platform/dpdk.ts';
import { schemaVersion } from '../src/schema-version.ts';

interface Recovery {
  /** From the kill, milliseconds. */
  readonly newProcessMs: number;
  readonly forwardsMs: number;
  readonly firstPacketMs: number;
  /** It ended with the other end of its wire, or hung: then the last time is that of finding out and starting another. */
  readonly generatorCrashed: boolean;
  readonly workloadPid: number;
}

const giveUpMs = 30_000;
/** A backend that ran this long is started again without delay. */
const stableMs = 11_000;

const rounds = Number(process.argv[2] ?? 5);
const root = '/run/vdpactl-recovery';
const dir = runDir(root);
const { signal } = new AbortController();
const env = process.env;
const config = configSchema.parse({ provider: 'local' });

const dpdk = await installedDpdk(env);
if (dpdk === null || process.getuid?.() !== 0) throw new Error('this needs root and DPDK: see vdpactl check');
const programs = await workloadPrograms(dpdk.version ?? 'unknown', env, silentProgress, signal);
await deployStack({ runDir: root, config, set: [], env, progress: silentProgress, signal, timeoutMs: 60_000 });
try {
  const stack = readStack(dir);
  if (stack === null) throw new Error('the stack is gone');
  const results = await withMeasuredPath(
    {
      dir,
      stack,
      bench: config.bench,
      programs,
      testpmd: dpdk.testpmd,
      device: null,
      generatorInterface: null,
      env,
      progress: silentProgress,
      signal,
    },
    async (path) => {
      const all: Recovery[] = [];
      for (let round = 0; round < rounds; round += 1) all.push(await recover(path));
      return all;
    },
  );
  const gaps = results.filter((result) => !result.generatorCrashed).map((result) => result.firstPacketMs);
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const doc = {
    schemaVersion,
    kind: 'recovery',
    conditions: {
      cpu,
      cpus: stack.cpus,
      dpdk: dpdk.version,
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    },
    rounds: results,
    // Of the rounds that say something about the product.
    firstPacketMs: gaps.length === 0 ? null : { median: median(gaps), min: Math.min(...gaps), max: Math.max(...gaps) },
  };
  process.stdout.write(`${JSON.stringify(doc, null, 2)}\n`);
} finally {
  await destroyStack(dir, silentProgress);
}

async function recover(path: MeasuredPath): Promise<Recovery> {
  const { spec, workload } = path;
  await sleep(stableMs);
  await path.generator.startForwarding('flowgen');
  await sleep(500);
  const before = readJsonFile(statusFile(dir, spec.device), backendStatusSchema);
  if (before?.pid == null) throw new Error('the backend is not running');
  const killedAt = performance.now();
  process.kill(before.pid, 'SIGKILL');

  let newProcessMs = Number.NaN;
  let forwardsMs = Number.NaN;
  while (Number.isNaN(forwardsMs)) {
    const status = readJsonFile(statusFile(dir, spec.device), backendStatusSchema);
    const elapsed = performance.now() - killedAt;
    if (Number.isNaN(newProcessMs) && status?.pid != null && status.pid !== before.pid) newProcessMs = elapsed;
    if (!Number.isNaN(newProcessMs) && status?.state === 'running') forwardsMs = elapsed;
    if (elapsed > giveUpMs) throw new Error('the backend did not come back');
    await sleep(2);
  }
  // The generator is part of the measurement, not of the product: its memif client has to be told to connect again, and
  // may have crashed with the other end.
  let generatorCrashed = false;
  let isSending = true;
  for (let received = false; !received; ) {
    try {
      if (isSending) await path.generator.stopForwarding();
      isSending = false;
      received = await receives(path.generator);
    } catch (error) {
      if (!(error instanceof VdpaError) || error.code !== 'VDPA-BENCH-004') throw error;
      generatorCrashed = true;
      isSending = false;
      await path.restartGenerator();
    }
    if (performance.now() - killedAt > giveUpMs) throw new Error('no packet came back');
  }
  const firstPacketMs = performance.now() - killedAt;
  await path.generator.stopForwarding();
  if (!workload.isAlive()) throw new Error('the workload ended: this is not what is measured here');
  const round = (ms: number) => Math.round(ms);
  return {
    newProcessMs: round(newProcessMs),
    forwardsMs: round(forwardsMs),
    firstPacketMs: round(firstPacketMs),
    generatorCrashed,
    workloadPid: workload.id.pid,
  };
}

/** Sends for a moment once there is a connection, and on if something has come back. */
async function receives(generator: Generator): Promise<boolean> {
  if (!(await generator.reconnect())) return false;
  const received = async () => (await generator.portStats())?.rxPackets ?? 0;
  const before = await received();
  await generator.startForwarding('flowgen');
  for (let look = 0; look < 10; look += 1) {
    await sleep(5);
    if ((await received()) > before) return true;
  }
  await generator.stopForwarding();
  return false;
}
