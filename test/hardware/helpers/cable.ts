// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { run } from '../../../src/process/run.ts';
import { type Daemon, untilReady } from '../../cluster/helpers/daemon.ts';
import type { Cable } from './machine.ts';

const appearMs = 30_000;

/** Gives this machine's end of a cable, which QEMU makes, its address and routes. Nothing is left of it when QEMU has ended. */
export async function layCable({ tap, ownAddress, guestAddress, routes }: Cable, qemu: Daemon): Promise<void> {
  await untilReady(qemu, () => existsSync(`/sys/class/net/${tap}`), appearMs);
  await ip('address', 'add', `${ownAddress}/30`, 'dev', tap);
  await ip('link', 'set', tap, 'up');
  for (const route of routes) await ip('route', 'add', route, 'via', guestAddress, 'dev', tap);
}

async function ip(...args: readonly string[]): Promise<void> {
  const result = await run('ip', args);
  if (result.exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${result.all}${result.failure ?? ''}`);
}
