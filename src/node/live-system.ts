// SPDX-License-Identifier: Apache-2.0
import { constants, readdirSync, readlinkSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { interfaceFacts } from '../platform/network/interface-facts.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { openRoot } from '../platform/root-fs.ts';
import { run } from '../process/run.ts';
import type { NodeSystem, Opener } from './node-system.ts';

/** The directories of system programs, which a user's PATH often lacks. */
const env = { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

/** Loading a module probes its devices, which takes a big NIC some seconds. */
const programTimeoutMs = 120_000;

/** The machine that this process runs on. `report` reads its facts; `environment` tells the SSH connection in use. */
export function liveSystem(report: () => NodeReport, environment: NodeJS.ProcessEnv): NodeSystem {
  const { readText, list, linkName, exists } = openRoot('/');
  return {
    readText,
    list,
    linkName,
    exists,
    async write(path, text) {
      // Neither created nor truncated: it is a file of the kernel's or an error. In a thread, as a driver may take long.
      const file = await open(`/${path}`, constants.O_WRONLY);
      try {
        await file.write(text);
      } finally {
        await file.close();
      }
    },
    run: (file, args) => run(file, args, { env, timeoutMs: programTimeoutMs }),
    openers,
    report,
    uplinkReasons: (iface) => interfaceFacts(iface, { env: environment }).reasons,
    sleep: (ms) => sleep(ms),
  };
}

/** Compared by device number: a container sees the same device under a path of its own. */
function openers(paths: readonly string[]): Opener[] {
  const numbers = new Set(paths.flatMap((path) => deviceNumber(`/${path}`) ?? []));
  if (numbers.size === 0) return [];
  const found: Opener[] = [];
  for (const pid of attempt(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const at = `/proc/${pid}/fd/${fd}`;
      if (attempt(() => readlinkSync(at))?.startsWith('/dev/') !== true) continue;
      const number = deviceNumber(at);
      if (number === null || !numbers.has(number)) continue;
      found.push({ pid: Number(pid), name: openRoot('/').readText(`proc/${pid}/comm`) ?? '?' });
      break;
    }
  }
  return found;
}

function deviceNumber(path: string): number | null {
  const stats = attempt(() => statSync(path));
  return stats?.isCharacterDevice() === true ? stats.rdev : null;
}

function attempt<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}
