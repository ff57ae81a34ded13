// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { isLock, takeLockWithin } from '../../src/process/kernel-lock.ts';
import { runDir } from '../contract/run-dir.ts';
import { type ServingAgent, serveAgent } from './serve.ts';

/** How long a predecessor that was killed may take to be gone altogether, ms. */
const lockWaitMs = 2_000;

const root = process.argv[2];
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

if (root === undefined) {
  process.stderr.write('usage: agent RUN_DIR\n');
  process.exit(2);
}
const lock = await takeLockWithin(`agent:${root}`, String(process.pid), lockWaitMs);
if (!isLock(lock)) {
  log(`another agent has ${root} (process ${lock.heldBy ?? 'unknown'})`);
  process.exit(5);
}

const dir = runDir(root);
let agent: ServingAgent;
try {
  agent = await serveAgent(dir);
  log(`listening on ${dir.grpcSocket}`);
} catch (error) {
  log(`cannot serve on ${dir.grpcSocket}: ${messageOf(error)}`);
  process.exit(70);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    log(`${signal}: ending`);
    agent.stop();
    process.exit(0);
  });
}
