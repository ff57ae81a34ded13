// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/package-root.ts';
import { ask } from '../../../src/process/ask.ts';
import { run } from '../../../src/process/run.ts';

export const hasCompiler = ask('cc', ['--version']) !== null && ask('make', ['--version']) !== null;

/** Builds the plugin into `folder`; `flags` are for the preprocessor. Returns its path. */
export async function buildPlugin(folder: string, flags = '', more: readonly string[] = []): Promise<string> {
  const sources = join(packageRoot(), 'dataplane', 'cni');
  const args = ['-s', '-C', sources, `BUILD=${folder}`, `CPPFLAGS=${flags}`, ...more];
  const built = await run('make', args, { timeoutMs: 120_000 });
  if (built.exitCode !== 0) throw new Error(`make: ${built.failure ?? ''}\n${built.all}`);
  return join(folder, 'vdpa');
}

export interface PluginRun {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
}

export interface PluginInput {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string | Buffer;
  /** Write the config in pieces of so many bytes, one every millisecond. */
  readonly dripBytes?: number;
}

/** Runs the plugin as a container runtime does: all it gets is the environment and standard input. */
export async function runPlugin(
  plugin: string,
  { env = {}, stdin = '', dripBytes }: PluginInput,
  args: readonly string[] = [],
): Promise<PluginRun> {
  const child = spawn(plugin, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  // It need not read what it refuses.
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  if (dripBytes === undefined) {
    child.stdin.end(stdin);
  } else {
    for (let at = 0; at < stdin.length; at += dripBytes) {
      child.stdin.write(stdin.slice(at, at + dripBytes));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.stdin.end();
  }
  await closed;
  return { code: child.exitCode, signal: child.signalCode, stdout: Buffer.concat(chunks).toString('utf8') };
}
