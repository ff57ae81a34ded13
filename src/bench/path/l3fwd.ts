// SPDX-License-Identifier: Apache-2.0
import { closeSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { logSize, logTail, openLog } from '../../files/capped-log.ts';
import { endProcesses, identify, isAlive, markerFor, type ProcessId } from '../../process/process-table.ts';
import { start } from '../../process/start.ts';

export interface L3fwdOptions {
  readonly program: string;
  /** From the attachment: what to preload and where its arguments are. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cpu: number;
  /** Huge-page memory, MiB. */
  readonly memoryMiB: number;
  /** The IPv4 networks that lead back out of port 0. */
  readonly routes: readonly string[];
  /** Folder for the route files. */
  readonly folder: string;
  readonly runDir: string;
  readonly log: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Where l3fwd sends packets back to. The generator takes every address: testpmd sets its port promiscuous. */
export const returnMac = '02:00:00:00:00:02';
const startTimeoutMs = 20_000;
const pollMs = 20;
const endGraceMs = 3_000;
const readyText = 'entering main loop on lcore';

/** DPDK's l3fwd as it is, on an attachment. */
export interface L3fwd {
  readonly id: ProcessId;
  isAlive(): boolean;
  output(): string;
  end(): Promise<void>;
}

/**
 * The arguments of l3fwd, none of which depends on the provider: one lcore and one queue, because l3fwd wants RSS for
 * more and vhost-user has none; and routes that send every test packet back out of the port it came in by.
 */
export function l3fwdArguments(options: Pick<L3fwdOptions, 'cpu' | 'memoryMiB' | 'folder'>): string[] {
  return [
    '--lcores',
    `1@${options.cpu}`,
    '-m',
    String(options.memoryMiB),
    '--no-telemetry',
    '--file-prefix',
    'vdpactl-l3fwd',
    '--',
    '-p',
    '0x1',
    '--config=(0,0,1)',
    '--parse-ptype',
    `--eth-dest=0,${returnMac}`,
    // l3fwd takes its routes from files only when both are given.
    `--rule_ipv4=${join(options.folder, 'routes-ipv4')}`,
    `--rule_ipv6=${join(options.folder, 'routes-ipv6')}`,
  ];
}

/** Starts l3fwd and waits until it polls, which is after the backend has connected. Throws VDPA-BENCH-002. */
export async function startL3fwd(options: L3fwdOptions): Promise<L3fwd> {
  mkdirSync(options.folder, { recursive: true });
  writeFileSync(join(options.folder, 'routes-ipv4'), options.routes.map((route) => `R${route} 0\n`).join(''));
  writeFileSync(join(options.folder, 'routes-ipv6'), 'R2001:0200:0000:0000:0000:0000:0000:0000/48 0\n');
  const logStart = logSize(options.log);
  const logFd = openLog(options.log);
  const child = start('stdbuf', ['-oL', options.program, ...l3fwdArguments(options)], {
    env: {
      PATH: options.env['PATH'],
      RUNTIME_DIRECTORY: options.runDir,
      ...options.environment,
      ...markerFor('workload', options.runDir),
    },
    logFd,
    // In a session of its own, so that a Ctrl-C reaches it through us, who tidy up, and not beside us.
    detached: true,
  });
  closeSync(logFd);
  const id = child.pid === undefined ? null : identify(child.pid);
  let ended: string | null = null;
  void child.ended.then((end) => {
    ended = end.failure ?? (end.signal === null ? `it exited with code ${end.code}` : `it was ended by ${end.signal}`);
  });
  const output = (): string => logTail(options.log, 64 * 1024, logStart);
  const workload: L3fwd = {
    id: id ?? { pid: 0, startTicks: -1 },
    isAlive: () => id !== null && isAlive(id),
    output,
    end: async () => {
      if (id !== null) await endProcesses([id], endGraceMs);
    },
  };
  try {
    const deadline = performance.now() + startTimeoutMs;
    while (!output().includes(readyText)) {
      if (ended !== null || performance.now() > deadline) throw startError(options.log, ended, output());
      await sleep(pollMs, undefined, { signal: options.signal });
    }
    return workload;
  } catch (error) {
    await workload.end();
    throw error;
  }
}

function startError(log: string, ended: string | null, output: string): VdpaError {
  const waiting = output.trimEnd().endsWith('waiting for client connection...');
  const why = waiting ? 'its backend did not connect' : 'it did not begin to forward in time';
  return new VdpaError('VDPA-BENCH-002', `l3fwd: ${ended ?? why}`, {
    where: log,
    next: waiting
      ? 'see how the backend fares: vdpactl status'
      : 'its last lines are above; vdpactl check says what this machine lacks',
    details: output.trimEnd().split('\n').slice(-10),
  });
}
