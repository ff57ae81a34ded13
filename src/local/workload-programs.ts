// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { accessSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VdpaError } from '../errors/vdpa-error.ts';
import { makeFolder } from '../files/make-folder.ts';
import { packageRoot } from '../files/package-root.ts';
import { diskError } from '../files/write-atomic.ts';
import type { Progress } from '../output/progress.ts';
import { findProgram } from '../platform/dpdk.ts';
import { run } from '../process/run.ts';

/** The programs of the data plane that no distribution ships built. */
export interface WorkloadPrograms {
  /** DPDK's l3fwd, built as it is from the sources that the distribution ships. */
  readonly l3fwd: string;
  /** Our preload library. */
  readonly ealshim: string;
}

/** Where Debian's and Ubuntu's dpdk-doc and dpdk-dev put the example sources. */
const exampleFolders = ['/usr/share/dpdk/examples', '/usr/local/share/dpdk/examples'];
const buildTimeoutMs = 300_000;

function examplesFolder(): string | null {
  return exampleFolders.find((folder) => existsSync(join(folder, 'l3fwd', 'Makefile'))) ?? null;
}

/** What building needs and is not there, in the words of package names. */
export function missingBuildTools(env: NodeJS.ProcessEnv): string[] {
  const missing = ['make', 'pkg-config'].filter((tool) => findProgram(tool, env) === null);
  if (findProgram('cc', env) === null) missing.unshift('a C compiler (gcc)');
  if (examplesFolder() === null) missing.push('the DPDK example sources (dpdk-doc)');
  if (!hasDpdkHeaders()) missing.push('the DPDK headers (libdpdk-dev)');
  return missing;
}

function hasDpdkHeaders(): boolean {
  try {
    accessSync('/usr/include/dpdk/rte_ethdev.h');
    return true;
  } catch {
    return existsSync('/usr/local/include/rte_ethdev.h');
  }
}

/** The folder of built programs; it may be removed at any time and is then made again. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache'), 'vdpactl');
}

/**
 * The programs for this DPDK, built on first use and kept in the cache. Throws VDPA-DPDK-002 with the end of the
 * compiler's output, VDPA-DISK-001 when there is no room.
 */
export async function workloadPrograms(
  dpdkVersion: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
  signal: AbortSignal,
): Promise<WorkloadPrograms> {
  const shimSources = join(packageRoot(), 'dataplane', 'ealshim');
  const home = join(cacheFolder(env), `dpdk-${dpdkVersion}-${sourcesHash(shimSources)}`);
  const programs = { l3fwd: join(home, 'l3fwd'), ealshim: join(home, 'libealshim.so') };
  if (existsSync(programs.l3fwd) && existsSync(programs.ealshim)) return programs;

  const examples = examplesFolder();
  const missing = missingBuildTools(env);
  if (examples === null || missing.length > 0) {
    throw new VdpaError('VDPA-DPDK-002', `the workload cannot be built; missing: ${missing.join(', ')}`, {
      next: 'apt-get install gcc make pkg-config libdpdk-dev dpdk-doc, or run ./quickstart',
    });
  }
  progress.step(`Building l3fwd and ealshim for DPDK ${dpdkVersion} (once)`);
  try {
    makeFolder(cacheFolder(env));
    const build = mkdtempSync(join(cacheFolder(env), 'build-'));
    try {
      cpSync(join(examples, 'l3fwd'), join(build, 'l3fwd'), { recursive: true });
      cpSync(join(examples, 'common'), join(build, 'common'), { recursive: true });
      await make(['-C', join(build, 'l3fwd'), 'shared'], env, signal);
      await make(['-C', shimSources, `BUILD=${join(build, 'out')}`], env, signal);
      renameSync(join(build, 'l3fwd', 'build', 'l3fwd-shared'), join(build, 'out', 'l3fwd'));
      rmSync(home, { recursive: true, force: true });
      renameSync(join(build, 'out'), home);
    } finally {
      rmSync(build, { recursive: true, force: true });
    }
  } catch (error) {
    throw diskError(error, cacheFolder(env));
  }
  return programs;
}

async function make(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const result = await run('make', args, { env, signal, timeoutMs: buildTimeoutMs });
  if (result.exitCode === 0) return;
  throw new VdpaError(
    'VDPA-DPDK-002',
    `make ${args.join(' ')} failed${result.failure === null ? '' : `: ${result.failure}`}`,
    {
      next: 'read the compiler output above; the packages gcc, make, pkg-config, libdpdk-dev and dpdk-doc must be of one DPDK version',
      details: result.all.split('\n').slice(-15),
    },
  );
}

function sourcesHash(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder)
    .filter((file) => /\.(c|h)$|^Makefile$/.test(file))
    .sort()) {
    hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Removes all built programs, and the folder of the cache with them. */
export function removeCache(env: NodeJS.ProcessEnv): void {
  rmSync(cacheFolder(env), { recursive: true, force: true });
}
