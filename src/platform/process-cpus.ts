// SPDX-License-Identifier: Apache-2.0
import { readTextFile } from '../files/write-atomic.ts';
import { parseCpuList } from './cpu-list.ts';

/** The CPUs that the scheduler may put this process on: those of its cpuset and affinity. */
export function cpusOfThisProcess(): readonly number[] | null {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readTextFile('/proc/self/status') ?? '')?.[1];
  const allowed = list === undefined ? null : parseCpuList(list);
  return allowed === null || allowed.length === 0 ? null : allowed;
}
