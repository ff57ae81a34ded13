// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { type MeasuredPath, withMeasuredPath } from '../../../src/bench/path/measured-path.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { readStack } from '../../../src/local/stack-files.ts';
import { workloadPrograms } from '../../../src/local/workload-programs.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { installedDpdk } from '../../../src/platform/dpdk.ts';
import type { TestStack } from './stack.ts';

/** Runs `work` with l3fwd and the generator on the deployed stack. */
export async function onMeasuredPath<Result>(
  stack: TestStack,
  device: string | null,
  work: (path: MeasuredPath) => Promise<Result>,
): Promise<Result> {
  const { env } = process;
  const { signal } = new AbortController();
  const dpdk = await installedDpdk(env);
  const deployed = readStack(stack.dir);
  if (dpdk === null || deployed === null) throw new Error('no DPDK, or nothing is deployed');
  return withMeasuredPath(
    {
      dir: stack.dir,
      stack: deployed,
      bench: configSchema.parse({ bench: { memoryMiB: 64 } }).bench,
      programs: await workloadPrograms(dpdk.version ?? 'unknown', env, silentProgress, signal),
      testpmd: dpdk.testpmd,
      device,
      generatorInterface: null,
      env,
      progress: silentProgress,
      signal,
    },
    work,
  );
}

/** Sends for a moment and answers how many packets have come back through the workload. */
export async function packetsBack({ generator }: MeasuredPath, ms = 300): Promise<number> {
  await generator.startForwarding('flowgen');
  await sleep(ms);
  return (await generator.stopForwarding()).stats?.rxPackets ?? 0;
}

/** Sends until something comes back, on the wire as it is. Throws when nothing does in time. */
export async function untilPacketsPass(path: MeasuredPath, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while ((await packetsBack(path, 100)) === 0) {
    if (performance.now() > deadline) throw new Error(`no packet came back within ${timeoutMs} ms`);
  }
}

/**
 * Sends until something comes back, after the wire was cut. The generator has to be told to connect anew, and DPDK's memif
 * may have taken it along when the other end was killed: then another one goes on.
 */
export async function untilPacketsComeBack(path: MeasuredPath, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      if ((await path.generator.reconnect()) && (await packetsBack(path, 100)) > 0) return;
    } catch (error) {
      if (!(error instanceof VdpaError) || error.code !== 'VDPA-BENCH-004') throw error;
      await path.restartGenerator();
    }
    if (performance.now() > deadline) throw new Error(`no packet came back within ${timeoutMs} ms`);
  }
}
