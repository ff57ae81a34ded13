// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import { type StackStatus, stackStatus } from './status.ts';

/** A look is a scan of the process table and a question to the agent, ms. */
const everyMs = 1_000;

/**
 * A status now, and a new one whenever it has changed, until the signal aborts (which it throws). Packets are counted all the
 * time: that there are more is no change. Throws VDPA-ROOT-001.
 */
export async function* watchStackStatus(dir: RunDir, signal: AbortSignal): AsyncGenerator<StackStatus> {
  let said = '';
  for (;;) {
    const status = await stackStatus(dir);
    const devices = status.devices.map((device) => ({ ...device, counters: device.counters?.connected ?? null }));
    const text = JSON.stringify({ ...status, devices });
    if (text !== said) {
      said = text;
      yield status;
    }
    await sleep(everyMs, undefined, { signal });
  }
}
