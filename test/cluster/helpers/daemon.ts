// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, identify, type ProcessId, signalProcess } from '../../../src/process/process-table.ts';
import { start } from '../../../src/process/start.ts';

/** A real program that runs beside the tests until it is stopped. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  log(): string;
  /** How it ended, once it has; null while it runs. */
  ended(): string | null;
  stop(): Promise<void>;
  /** Ends it without asking. */
  kill(): Promise<void>;
}

const graceMs = 10_000;

/** Starts a program with its output in FOLDER/NAME.log. It ends with this process at the latest, however that ends. */
export function startDaemon(
  name: string,
  argv: readonly [string, ...string[]],
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Daemon {
  const logFile = join(folder, `${name}.log`);
  const logFd = openSync(logFile, 'a');
  const child = start('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], { env, logFd });
  closeSync(logFd);
  const pid = child.pid;
  const id: ProcessId | null = pid === undefined ? null : identify(pid);
  if (pid === undefined || id === null) throw new Error(`${name} cannot be started: ${argv.join(' ')}`);
  let end: string | null = null;
  void child.ended.then(({ code, signal }) => {
    end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const log = () => readFileSync(logFile, 'utf8');
  return {
    name,
    pid,
    log,
    ended: () => end,
    async stop() {
      const left = await endProcesses([id], graceMs);
      if (left.length > 0) throw new Error(`${name} does not end`);
    },
    async kill() {
      signalProcess(id, 'SIGKILL');
      await child.ended;
    },
  };
}

/** Waits until `look` answers true. Throws with the end of the daemon's log when it ends before, or after `timeoutMs`. */
export async function untilReady(
  daemon: Daemon,
  look: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    const end = daemon.ended();
    const late = performance.now() > deadline;
    if (end === null && !late) {
      await sleep(100);
      continue;
    }
    const why = end === null ? `is not ready after ${timeoutMs / 1000} s` : `ended with ${end}`;
    throw new Error(`${daemon.name} ${why}:\n${daemon.log().split('\n').slice(-30).join('\n')}`);
  }
}

/** TCP ports of the loopback interface that nothing listens on, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
