// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import type { Place } from './shell.ts';

/** One TCP connection to the guest's echo service through its uplink, which says ten times a second that it is there. */
export interface Heartbeat {
  /**
   * The longest time without an answer since `since` (of `performance.now()`), ms. Infinity once the connection is lost.
   */
  longestSilence(since: number): number;
  stop(): void;
}

const periodMs = 100;

export async function startHeartbeat({ host, port }: Place): Promise<Heartbeat> {
  const socket = connect(port, host).setNoDelay(true);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const answers = [performance.now()];
  let lost = false;
  socket.on('data', () => answers.push(performance.now()));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    lost = true;
  });
  const timer = setInterval(() => socket.write('.'), periodMs);
  return {
    longestSilence(since) {
      if (lost) return Number.POSITIVE_INFINITY;
      const times = [since, ...answers.filter((at) => at > since), performance.now()];
      return Math.max(...times.map((at, index) => at - (times[index - 1] ?? at)));
    },
    stop() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
