// SPDX-License-Identifier: Apache-2.0
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { isLock, takeLockWithin } from '../../src/process/kernel-lock.ts';
import { loopback, servePages } from '../../src/process/serve-pages.ts';
import { healthPorts } from '../contract/health-ports.ts';
import { runDir, supervisorLock } from '../contract/run-dir.ts';
import { healthPages } from './health.ts';
import { Supervisor } from './supervisor.ts';

/** How often the run directory is looked at when nothing is heard of a change, ms. */
const tickMs = 500;
/** While a backend starts, its readiness is looked for this often, ms. */
const changeDelayMs = 20;

/** How long a predecessor that was killed may take to be gone altogether, ms. */
const lockWaitMs = 2_000;

const [root, ...options] = process.argv.slice(2);
const onNode = options.length > 0;
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

if (root === undefined || options.some((option) => option !== '--node')) {
  // --node: on a node of a cluster, where the agent writes the specs and this is the first process of its container.
  process.stderr.write('usage: supervisor RUN_DIR [--node]\n');
  process.exit(2);
}
const lock = await takeLockWithin(supervisorLock(root), String(process.pid), lockWaitMs);
if (!isLock(lock)) {
  log(`another supervisor has ${root} (process ${lock.heldBy ?? 'unknown'})`);
  process.exit(5);
}

const dir = runDir(root);
const isolate = process.env['VDPA_ISOLATE'] ?? join(dirname(fileURLToPath(import.meta.url)), 'vdpa-isolate');
const supervisor = new Supervisor(dir, log, { isolate: onNode ? isolate : null });
let wake: AbortController = new AbortController();
let ending = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void end(signal));
}
// A signal that does nothing to a process that is not listening yet: it may come while this one is still starting.
process.on('SIGCONT', () => {
  supervisor.retryNow();
  wake.abort();
});
if (onNode) await beginOnNode();
hearOfChanges();

supervisor.adopt();
while (!ending) {
  wake = new AbortController();
  supervisor.tick();
  const delay = supervisor.isStarting ? changeDelayMs : tickMs;
  await sleep(delay, undefined, { signal: wake.signal }).catch(() => {});
}

/**
 * On one machine backends outlive their supervisor on purpose: whoever comes next takes them over. In a container they end
 * with its first process, which is this one, whatever we want: so they are asked to.
 */
async function end(signal: string): Promise<void> {
  if (ending) return;
  ending = true;
  log(`${signal}: ending${onNode ? ', and the backends with it' : ''}`);
  if (onNode) await supervisor.stopAll();
  else supervisor.letGo();
  process.exit(0);
}

async function beginOnNode(): Promise<void> {
  // The agent may come later.
  for (const folder of [dir.backends, dir.wires, dir.logs]) makeFolder(folder);
  await servePages(loopback, healthPorts.backend, healthPages(supervisor));
  log(`serving health on port ${healthPorts.backend}, isolating by ${isolate}`);
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
