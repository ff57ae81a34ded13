// SPDX-License-Identifier: Apache-2.0
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { isLock, takeLockWithin } from '../../src/process/kernel-lock.ts';
import { runDir } from '../contract/run-dir.ts';
import { Supervisor } from './supervisor.ts';

/** How often the run directory is looked at when nothing is heard of a change, ms. */
const tickMs = 500;
/** While a backend starts, its readiness is looked for this often, ms. */
const changeDelayMs = 20;

/** How long a predecessor that was killed may take to be gone altogether, ms. */
const lockWaitMs = 2_000;

const root = process.argv[2];
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

if (root === undefined) {
  process.stderr.write('usage: supervisor RUN_DIR\n');
  process.exit(2);
}
const lock = await takeLockWithin(`supervisor:${root}`, String(process.pid), lockWaitMs);
if (!isLock(lock)) {
  log(`another supervisor has ${root} (process ${lock.heldBy ?? 'unknown'})`);
  process.exit(5);
}

const dir = runDir(root);
const supervisor = new Supervisor(dir, log);
let wake: AbortController = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // Backends outlive their supervisor on purpose: whoever comes next takes them over.
    supervisor.letGo();
    process.exit(0);
  });
}
// A signal that does nothing to a process that is not listening yet: it may come while this one is still starting.
process.on('SIGCONT', () => {
  supervisor.retryNow();
  wake.abort();
});
hearOfChanges();

supervisor.adopt();
for (;;) {
  wake = new AbortController();
  supervisor.tick();
  const delay = supervisor.isStarting ? changeDelayMs : tickMs;
  await sleep(delay, undefined, { signal: wake.signal }).catch(() => {});
}

/** Only a short cut: without it, as on a machine that is out of inotify watches, a change is seen at the next look. */
function hearOfChanges(): void {
  const goOnWithout = (error: unknown) => log(`changes are seen every ${tickMs} ms only: ${messageOf(error)}`);
  try {
    watch(dir.backends, (_event, name) => {
      if (name?.endsWith('.json') === true && !name.endsWith('.status.json')) wake.abort();
    }).on('error', goOnWithout);
  } catch (error) {
    goOnWithout(error);
  }
}
