// SPDX-License-Identifier: Apache-2.0
import { pageNeed } from '../../../src/check/hugepages.ts';
import { missingBuildTools } from '../../../src/local/workload-programs.ts';
import { findProgram } from '../../../src/platform/dpdk.ts';
import { probe } from '../../../src/platform/probe.ts';

/** The most that one test has running at a time, MiB each: two backends, the workload and the generator. */
const memoryMiB = [128, 128, 128, 128];

/** Why the local data-plane tests cannot run on this machine, in one line; null when they can. */
export function skipReason(env: NodeJS.ProcessEnv): string | null {
  if (process.getuid?.() !== 0) return 'they start DPDK processes, which needs root';
  if (findProgram('dpdk-testpmd', env) === null) return 'DPDK is not installed: there is no dpdk-testpmd in PATH';
  const missing = missingBuildTools(env);
  if (missing.length > 0) return `the workload cannot be built; missing: ${missing.join(', ')}`;
  const pools = probe({ env }).node.hugepages;
  const needs = [...new Set(pools.map((pool) => pool.sizeKiB))].map((size) => pageNeed(pools, size, memoryMiB));
  if (needs.some((need) => need.free >= need.needed)) return null;
  const shown = needs.map(
    ({ sizeKiB, free, needed }) => `${free} of ${sizeKiB} KiB are free, and ${needed} are needed`,
  );
  return `too few huge pages: ${shown.join('; ') || 'this kernel has none'}`;
}
