// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configSchema } from '../../../src/config/config-schema.ts';
import { run } from '../../../src/process/run.ts';
import { cliPath } from '../../local/helpers/cli.ts';
import { type Daemon, startDaemon, untilReady } from '../helpers/daemon.ts';
import { isBuilt } from '../helpers/node-image.ts';
import type { LabNode } from '../node.ts';

const base = 'docker.io/library/debian:trixie-slim';
/** What test/labs/images.lab.sh keeps: a Debian 13 to build on, and the layers that do not change. */
const { VDPACTL_LAB_CACHE: labCache, XDG_CACHE_HOME: cacheHome } = process.env;
const kept = join(labCache ?? join(cacheHome ?? join(homedir(), '.cache'), 'vdpactl/lab'), 'images/storage');
/** Without a cache it is most of a Debian that is installed, twice. */
const buildTimeoutMs = 900_000;

/** The images of the node and of l3fwd, made from this source by `vdpactl images build`, as a user makes them. */
export class BuiltImages {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vdpactl-e2e-images-'));
  readonly #env: NodeJS.ProcessEnv;

  private constructor(storage: string | null) {
    this.#env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    if (storage === null) return;
    const file = join(this.#folder, 'storage.conf');
    const [graph, state] = [storage, join(this.#folder, 'run')];
    writeFileSync(file, `[storage]\ndriver = "overlay"\ngraphroot = "${graph}"\nrunroot = "${state}"\n`);
    this.#env['CONTAINERS_STORAGE_CONF'] = file;
  }

  /** Where there is a base to build on; else why there are none. */
  static async find(): Promise<BuiltImages | string> {
    if (!isBuilt) return 'vdpactl is not built: npm run build';
    if ((await run('which', ['buildah'])).exitCode !== 0) return 'the images need buildah';
    for (const storage of existsSync(kept) ? [kept, null] : [null]) {
      const images = new BuiltImages(storage);
      if ((await run('buildah', ['inspect', '--type', 'image', base], { env: images.#env })).exitCode === 0)
        return images;
      images.remove();
    }
    return `there is no ${base} to build images on: bash test/labs/images.lab.sh makes one`;
  }

  /** Builds both, and puts them on a node. Another run with the same storage waits: it would load what this one built. */
  async loadInto(node: LabNode): Promise<void> {
    const lock = await holdLock(this.#folder);
    try {
      await this.#loadInto(node);
    } finally {
      await lock.kill();
    }
  }

  async #loadInto(node: LabNode): Promise<void> {
    const engine = ['--engine', 'buildah', '--progress', 'none'];
    await this.#vdpactl('images', 'build', 'node', 'l3fwd', ...engine, '--engine-arg=--isolation=chroot');
    this.#env['CONTAINERD_ADDRESS'] = socketOf(node);
    await this.#vdpactl('images', 'load', 'node', 'l3fwd', ...engine);
  }

  /** Takes both from a node that they were loaded into, as they are there, for another. */
  async takeFrom(node: LabNode, archive: string): Promise<void> {
    const { node: ofNode, l3fwd } = configSchema.parse({}).kubernetes.images;
    const ctr = ['--address', socketOf(node), '--namespace', 'k8s.io'];
    const result = await run('ctr', [...ctr, 'images', 'export', archive, ofNode, l3fwd], {
      timeoutMs: buildTimeoutMs,
    });
    if (result.exitCode !== 0) throw new Error(`ctr images export: ${result.all}${result.failure ?? ''}`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #vdpactl(...args: readonly string[]): Promise<void> {
    const options = { env: this.#env, timeoutMs: buildTimeoutMs, cwd: this.#folder };
    const result = await run(process.execPath, [cliPath, ...args], options);
    if (result.exitCode !== 0) throw new Error(`vdpactl ${args.join(' ')}: ${result.all}${result.failure ?? ''}`);
  }
}

function socketOf(node: LabNode): string {
  return join(node.folder, 'own/run/containerd/containerd.sock');
}

/** The lock of what is kept, as test/labs/images.lab.sh takes it. */
async function holdLock(folder: string): Promise<Daemon> {
  const file = join(dirname(kept), '.lock');
  const held = 'the lock is held';
  mkdirSync(dirname(kept), { recursive: true });
  const command = ['sh', '-c', `echo ${held}; exec sleep infinity`];
  const daemon = startDaemon('images-lock', ['flock', '--no-fork', file, ...command], folder);
  await untilReady(daemon, () => daemon.log().includes(held), buildTimeoutMs);
  return daemon;
}
