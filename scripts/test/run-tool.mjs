// SPDX-License-Identifier: Apache-2.0
// Runs a tool of the project to its end, with its output kept for the case that it fails.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const toolTimeoutMs = 20 * 60_000;
/** What a tool may take to tidy up after it was told to end. */
const endGraceMs = 15_000;

export class Interrupted extends Error {}

const stop = new AbortController();

/** Ends the tool that runs, and the run with it. */
export function interrupt() {
  stop.abort();
}

/** The exit code, all output, and standard output alone. A tool that cannot be started, or takes too long, has exit code null. */
export async function runTool(file, args) {
  if (stop.signal.aborted) throw new Interrupted();
  const result = await spawned(file, args);
  if (stop.signal.aborted) throw new Interrupted();
  return result;
}

/** The same for a program of a package in node_modules, without npm in between. */
export function runScript(script, args) {
  return runTool(process.execPath, [join(root, 'node_modules', script), ...args]);
}

/** Runs also when the run was interrupted: for what puts the machine back in order. */
export function runToTidyUp(file, args) {
  return spawned(file, args, false);
}

function spawned(file, args, stoppable = true) {
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(file, args, { cwd: root, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks = [];
  const answer = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  child.stdout.on('data', (chunk) => answer.push(chunk));
  let kill;
  const end = () => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), endGraceMs);
  };
  const late = setTimeout(() => {
    chunks.push(Buffer.from(`\nended after ${toolTimeoutMs / 60_000} minutes\n`));
    end();
  }, toolTimeoutMs);
  if (stoppable) stop.signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve) => {
    const finish = (exitCode) => {
      clearTimeout(late);
      clearTimeout(kill);
      stop.signal.removeEventListener('abort', end);
      resolve({
        exitCode,
        output: Buffer.concat(chunks).toString('utf8'),
        stdout: Buffer.concat(answer).toString('utf8'),
      });
    };
    child.once('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\n`));
      finish(null);
    });
    child.once('close', finish);
  });
}

/** Whether a program is in PATH. */
export function hasProgram(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
