// SPDX-License-Identifier: Apache-2.0
import { bestPageNeed } from '../../../src/check/hugepages.ts';
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
  const need = bestPageNeed(probe({ env }).node.hugepages, memoryMiB, 0);
  if (need === null) return 'this kernel has no huge pages';
  if (need.free < need.needed) {
    return `${need.free} huge pages of ${need.sizeKiB} KiB are free, and ${need.needed} are needed`;
  }
  return null;
}
