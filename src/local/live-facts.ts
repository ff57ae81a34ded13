// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import type { LiveFacts, MemlockLimit } from '../check/facts.ts';
import { readTextFile } from '../files/write-atomic.ts';
import { findProgram } from '../platform/dpdk.ts';

/** Their containers inherit their limits. */
const containerRuntimes: readonly string[] = ['containerd', 'crio', 'dockerd'];

/** What the checks ask of the running machine and no report holds. */
export function liveFacts(env: NodeJS.ProcessEnv): LiveFacts {
  return { memlock: memlockLimits(), vdpaTool: findProgram('vdpa', env) };
}

function memlockLimits(): readonly MemlockLimit[] {
  const limits = new Map<string, number | null>();
  const own = parseMemlock(readTextFile('/proc/self/limits') ?? '');
  if (own !== undefined) limits.set('this process', own);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const name = readTextFile(`/proc/${pid}/comm`)?.trim() ?? '';
    if (!containerRuntimes.includes(name) || limits.has(name)) continue;
    const limit = parseMemlock(readTextFile(`/proc/${pid}/limits`) ?? '');
    if (limit !== undefined) limits.set(name, limit);
  }
  return [...limits].map(([of, bytes]) => ({ of, bytes }));
}

/** The soft limit in the text of /proc/PID/limits, bytes; null: unlimited; undefined: it says none. */
export function parseMemlock(text: string): number | null | undefined {
  const soft = /^Max locked memory\s+(\d+|unlimited)\s/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? null : Number(soft);
}
