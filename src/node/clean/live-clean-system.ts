// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { run } from '../../process/run.ts';
import type { CleanSystem } from './clean-system.ts';
import { type Mount, parseMountInfo } from './mount-info.ts';

const env = { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
const programTimeoutMs = 30_000;
const answerTimeoutMs = 1_000;

/** The machine that this process runs on, or the one whose processes a container sees. */
export const liveCleanSystem: CleanSystem = {
  mounts: () => mountsOf('self'),
  containerMounts,
  async unmount(point) {
    const result = await run('umount', [point], { env, timeoutMs: programTimeoutMs });
    // Seen under two names, it went with the other one.
    if (result.exitCode === 0 || !mountsOf('self').some((mount) => mount.point === point)) return null;
    return result.failure ?? (result.all.trim().split('\n').at(-1) || `umount ended with exit code ${result.exitCode}`);
  },
  listens,
};

function containerMounts(): Mount[] {
  const known = new Set([namespaceOf('self'), namespaceOf('1')]);
  const found: Mount[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const namespace = namespaceOf(pid);
    if (namespace === null || known.has(namespace)) continue;
    known.add(namespace);
    found.push(...mountsOf(pid));
  }
  return found;
}

function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return null;
  }
}

function mountsOf(pid: string): Mount[] {
  try {
    return parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
  } catch {
    // It has ended.
    return [];
  }
}

/** A socket whose owner is gone refuses; one that does not answer in time has somebody. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(true), answerTimeoutMs);
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}
