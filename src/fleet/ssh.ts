// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../errors/vdpa-error.ts';
import { type Progress, silentProgress } from '../output/progress.ts';
import { findProgram } from '../platform/dpdk.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { type RunBytesResult, runBytes } from '../process/run.ts';
import { captureScript } from './capture-script.ts';
import type { FleetResult } from './fleet-result.ts';
import { answerLimits, reportOfAnswer } from './read-answer.ts';

export interface SshOptions {
  /** The environment of ssh, which finds the user's agent and the program itself by it. */
  readonly env: NodeJS.ProcessEnv;
  /** How many hosts at a time. */
  readonly concurrency?: number;
  /** For one host, from the connection to the last byte of its answer, milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/**
 * Probes hosts by the user's own ssh, with their configuration, keys and agent, and never asks for a password. The hosts
 * need a shell and the programs that every Linux has; nothing is written there. One result a host, in the order given.
 * @throws VdpaError VDPA-USAGE-001 for what is no host, before any is connected to; the reason of an abort.
 */
export async function detectOverSsh(hosts: readonly string[], options: SshOptions): Promise<FleetResult[]> {
  const { concurrency = 16, progress = silentProgress, signal } = options;
  for (const host of hosts) checkHost(host);
  const ssh = findProgram('ssh', options.env);
  if (ssh === null) {
    throw new VdpaError('VDPA-SSH-001', 'there is no ssh program in PATH', {
      next: 'install the OpenSSH client: apt-get install openssh-client',
    });
  }
  progress.step(`Probing ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} by ssh`);
  const script = captureScript();
  const results: FleetResult[] = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let at = next++; at < hosts.length; at = next++) {
      const host = hosts[at] ?? '';
      results[at] = await probeHost(ssh, host, script, options);
      done += 1;
      progress.update(`${done} of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, hosts.length) }, worker));
    signal?.throwIfAborted();
  } catch (error) {
    progress.fail();
    throw error;
  }
  progress.done();
  return results;
}

/** ssh would take a name that begins with a dash for an option, and an option can name a program to run. */
function checkHost(host: string): void {
  if (/^[^\s\p{C}-][^\s\p{C}]{0,1023}$/u.test(host)) return;
  throw new VdpaError('VDPA-USAGE-001', `this is no host: ${JSON.stringify(host.slice(0, 100))}`, {
    next: 'name hosts as ssh takes them: HOST, USER@HOST, ssh://USER@HOST:PORT, or a Host of your ~/.ssh/config',
  });
}

async function probeHost(ssh: string, host: string, script: string, options: SshOptions): Promise<FleetResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const args = [
    ...['-T', '-x', '-a'],
    ...['-o', 'BatchMode=yes'],
    ...['-o', `ConnectTimeout=${Math.max(1, Math.ceil(Math.min(timeoutMs, 15_000) / 1000))}`],
    // Two hosts at a time must not fight for the ports that the user's configuration forwards.
    ...['-o', 'ClearAllForwardings=yes'],
    ...['-o', 'RemoteCommand=none'],
    '--',
    host,
    'exec sh -s',
  ];
  const result = await runBytes(ssh, args, {
    env: options.env,
    input: script,
    timeoutMs,
    maxBytes: answerLimits.packedBytes,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return { node: host, report: judge(result, host, timeoutMs) };
  } catch (error) {
    if (error instanceof VdpaError) return { node: host, error };
    throw error;
  }
}

function judge(result: RunBytesResult, host: string, timeoutMs: number): NodeReport {
  const details = result.stderr
    .split('\n')
    .map(cleanLine)
    .filter((line) => line !== '')
    .slice(-5);
  const fail = (code: 'VDPA-SSH-001' | 'VDPA-SSH-002' | 'VDPA-SSH-003', why: string, next: string, cause?: unknown) =>
    new VdpaError(code, why, { where: host, next, details, cause });
  if (result.timedOut) {
    const next = 'see what it does: ssh HOST true; on a slow connection give more time with --timeout';
    throw fail('VDPA-SSH-003', `no answer within ${timeoutMs / 1000} s`, next);
  }
  // ssh's own failures have this exit code.
  if (result.exitCode === 255) {
    const next =
      'try it: ssh -o BatchMode=yes HOST true; keys and host keys have to be set up, for no question is asked';
    throw fail('VDPA-SSH-001', 'ssh cannot connect', next);
  }
  try {
    return reportOfAnswer(result.stdout, host);
  } catch (error) {
    const ended = result.exitCode === null ? result.failure : `exit code ${result.exitCode}`;
    const how = result.exitCode === 0 ? '' : ` (${ended})`;
    const why = `no answer to what was asked: ${messageOf(error)}${how}`;
    const next = 'it has to be a Linux host on which the user may run sh; try it: ssh HOST sh -c true';
    throw fail('VDPA-SSH-002', why, next, error);
  }
}

/** A line of what a remote host says, fit for a terminal. */
function cleanLine(line: string): string {
  return line
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 300);
}
