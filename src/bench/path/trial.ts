// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Generator } from './generator.ts';

/** What one trial counted. Packets. */
export interface TrialCounts {
  /** Time in which the generator sent, seconds. */
  readonly durationSeconds: number;
  /** How far the duration can be off: what testpmd took to start and to stop, seconds. */
  readonly timingErrorSeconds: number;
  /** What the generator made: sent, and what the wire did not take. */
  readonly offered: number;
  /** What the wire took. */
  readonly sent: number;
  /** What came back, also after sending had ended. */
  readonly received: number;
  /** What the wire did not take. */
  readonly generatorDropped: number;
}

/** Frames that others may send on a real interface during a trial: neighbour discovery and the like. */
const maxStrays = 16;

/** Whether anything of what was sent has come back, beyond what others sent. */
export function cameBack({ sent, received }: TrialCounts): boolean {
  return received > Math.min(maxStrays, sent / 1000);
}

/** How long packets may still be under way after the generator stopped sending, ms: some time slices of a busy CPU. */
const drainMs = 250;

/**
 * One timed trial: send for a time, stop, and count what comes back until nothing is under way any more. Throws
 * VDPA-BENCH-005 when the counters were lost half-way, as they are when the backend was restarted.
 */
export async function runTrial(generator: Generator, seconds: number, signal: AbortSignal): Promise<TrialCounts> {
  const started = await generator.startForwarding('flowgen');
  await sleep(seconds * 1000, undefined, { signal });
  const stopped = await generator.stopForwarding();
  await generator.startForwarding('rxonly');
  await sleep(drainMs, undefined, { signal });
  const drained = await generator.stopForwarding();
  const { stats } = stopped;
  const late = drained.stats?.rxPackets ?? null;
  if (stats === null || stats.txPackets === null || stats.rxPackets === null || late === null) {
    throw new VdpaError('VDPA-BENCH-005', 'the counters of a trial were lost', {
      next: 'the backend was restarted in mid-trial or testpmd printed what is not understood; run the same command again and see: vdpactl status',
      details: [`counters that wrapped: ${stats?.reset.join(', ') || 'none'}`],
    });
  }
  const generatorDropped = stats.txDropped ?? 0;
  return {
    // Sending begins and ends somewhere between a command and its answer: the middle of each is the best guess.
    durationSeconds: ((stopped.writtenAt + stopped.doneAt) / 2 - (started.writtenAt + started.doneAt) / 2) / 1000,
    timingErrorSeconds: (started.doneAt - started.writtenAt + stopped.doneAt - stopped.writtenAt) / 2 / 1000,
    offered: stats.txPackets + generatorDropped,
    sent: stats.txPackets,
    received: stats.rxPackets + late,
    generatorDropped,
  };
}
