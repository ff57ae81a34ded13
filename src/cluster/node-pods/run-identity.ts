// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { identify, isAlive } from '../../process/process-table.ts';

/** What tells the pods of one run from those of another. */
export interface RunIdentity {
  /** Part of the names of its pods, and their label. */
  readonly id: string;
  /** `HOST/PID/STARTED`: whoever runs on the same host can tell whether the run still lives. */
  readonly holder: string;
  /** RFC 3339: by then it is over, also where nobody can look. */
  readonly expires: string;
}

export function newRun(lifetimeMs: number): RunIdentity {
  const self = identify(process.pid);
  return {
    id: randomBytes(4).toString('hex'),
    holder: `${hostname()}/${process.pid}/${self?.startTicks ?? 0}`,
    expires: new Date(Date.now() + lifetimeMs).toISOString(),
  };
}

/** Whether a run has ended for certain: its process is gone, or its time is over. */
export function isOver({ holder, expires }: Pick<RunIdentity, 'holder' | 'expires'>): boolean {
  const [host = '', pid = '', started = ''] = holder.split('/');
  const here = host === hostname() && /^\d+$/.test(pid) && /^\d+$/.test(started);
  if (here) return !isAlive({ pid: Number(pid), startTicks: Number(started) });
  const end = Date.parse(expires);
  return Number.isNaN(end) || end < Date.now();
}

/** As one annotation has both. */
export function formatRun({ holder, expires }: RunIdentity): string {
  return `${holder} until ${expires}`;
}

/** What does not look like one is over: nobody can own it. */
export function isOverText(text: string): boolean {
  const [holder = '', expires = ''] = text.split(' until ');
  return isOver({ holder, expires });
}
