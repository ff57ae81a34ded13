// SPDX-License-Identifier: Apache-2.0
import type { Page } from '../../src/process/serve-pages.ts';
import type { Supervisor } from './supervisor.ts';

/**
 * Ready when every wanted backend runs. One whose workload is not there runs: it looks for it once a second. A node on which
 * none is wanted is ready too.
 */
export function healthPages(supervisor: Pick<Supervisor, 'notRunning'>): Readonly<Record<string, () => Page>> {
  return {
    '/healthz': () => ({ status: 200, text: 'ok\n' }),
    '/readyz': () => {
      const waiting = supervisor.notRunning();
      if (waiting.length === 0) return { status: 200, text: 'ok\n' };
      return { status: 503, text: waiting.map(textOf).join('') };
    },
  };
}

function textOf({ device, state, why }: ReturnType<Supervisor['notRunning']>[number]): string {
  return `backend of ${device}: ${state}${why === undefined ? '' : `, ${why}`}\n`;
}
