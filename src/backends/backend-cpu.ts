// SPDX-License-Identifier: Apache-2.0
import { cpuPlaceholder } from '../../dataplane/contract/backend-spec.ts';

/**
 * On which CPU a backend polls. Who renders for a cluster does not know: only who starts the backend is in the cpuset of
 * its pod.
 */
export type BackendCpu = number | { readonly chosenAtStart: true; readonly wish: number | null };

/** How the CPU is written into arguments. */
export function cpuArgument(cpu: BackendCpu): string {
  return typeof cpu === 'number' ? String(cpu) : cpuPlaceholder;
}

/** What the spec says of it. */
export function cpuOf(cpu: BackendCpu): number | null {
  return typeof cpu === 'number' ? cpu : cpu.wish;
}
