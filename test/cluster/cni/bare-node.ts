// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { podVolume } from '../../../dataplane/contract/pod-paths.ts';
import { supervisorLock } from '../../../dataplane/contract/run-dir.ts';
import { packageRoot } from '../../../src/files/package-root.ts';
import { type RunResult, run } from '../../../src/process/run.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { type Daemon, startDaemon, untilReady } from '../helpers/daemon.ts';

const script = fileURLToPath(new URL('bare-node.sh', import.meta.url));
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const mountPoint = 4;
/** As the node image starts it. */
const nodeOptions =
  '--max-old-space-size=40 --max-semi-space-size=1 --v8-pool-size=1 --optimize-for-size --no-turbofan'.split(' ');

/** The programs in C that an agent needs, built from this source. */
interface Programs {
  readonly plugin: string;
  readonly mounter: string;
}

/**
 * A node without kubelet and a runtime: the agent as it is bundled, its CNI plugin, and network name spaces in the place of
 * pods. It has devices of the local provider.
 */
export class BareNode {
  readonly folder: string;
  readonly #daemon: Daemon;
  readonly #programs: Programs;
  #agent: Daemon | null = null;
  #supervisor: Daemon | null = null;

  private constructor(folder: string, daemon: Daemon, programs: Programs) {
    this.folder = folder;
    this.#daemon = daemon;
    this.#programs = programs;
  }

  /** Throws, with nothing left, when it does not get there. */
  static async start(devices: number): Promise<BareNode> {
    const folder = mkdtempSync(join(tmpdir(), 'vdpactl-bare-node-'));
    let daemon: Daemon | null = null;
    try {
      const programs = await buildPrograms(folder);
      const config = { apiVersion: 'vdpactl/v1', provider: 'local', local: { devices } };
      writeFileSync(join(folder, 'vdpactl.yaml'), JSON.stringify(config));
      const own = ['unshare', '--mount', '--net', '--propagation', 'private', script, folder] as const;
      daemon = startDaemon('bare-node', [...own], folder);
      await untilReady(daemon, () => existsSync(join(folder, 'ready')), 10_000);
      return new BareNode(folder, daemon, programs);
    } catch (error) {
      await daemon?.kill();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts the agent, and waits until it answers. */
  async startAgent(): Promise<Daemon> {
    const { plugin, mounter } = this.#programs;
    const agent = join(packageRoot(), 'dist/agent.js');
    const program = [process.execPath, ...nodeOptions, agent, '/var/run/vdpa', '--node', this.#at('vdpactl.yaml')];
    const env = { PATH: searchPath, VDPA_CNI_BINARY: plugin, VDPA_MOUNT: mounter, MALLOC_ARENA_MAX: '1' };
    const began = this.#said().length;
    this.#agent = startDaemon('agent', ['nsenter', ...this.#here, ...program], this.folder, env);
    const isReady = () => this.#said().slice(began).includes('serving /var/run/vdpa/vdpa.sock') && this.hasDevices();
    await untilReady(this.#agent, isReady, 30_000);
    return this.#agent;
  }

  /** As if a supervisor ran, and the backend of a device: of the agent's view that is a lock and a file. */
  async startBackend(device: string): Promise<void> {
    const address = `\\0vdpactl:${supervisorLock('/var/run/vdpa')}`;
    const listen = `require('net').createServer().listen('${address}', () => console.log('listens'))`;
    const daemon = this.start('supervisor', [process.execPath, '-e', listen]);
    this.#supervisor = daemon;
    await untilReady(daemon, () => daemon.log().includes('listens'), 30_000);
    const state = { state: 'running', pid: daemon.pid, startTicks: 0, restarts: 0, since: new Date().toISOString() };
    const status = { schemaVersion, device, ...state, lastExit: null, specHash: '', cpu: null, counters: null };
    writeFileSync(this.path(`/run/vdpa/backends/${device}.status.json`), JSON.stringify(status));
  }

  /** A program that runs on the node until it is stopped. */
  start(name: string, argv: readonly string[]): Daemon {
    return startDaemon(name, ['nsenter', ...this.#here, ...argv], this.folder);
  }

  /** SIGKILL: it has no moment to tidy up. */
  async killAgent(): Promise<void> {
    await this.#agent?.kill();
    this.#agent = null;
  }

  /** Where this machine sees a path of the node's. */
  path(ofNode: string): string {
    return join('/proc', `${this.#daemon.pid}`, 'root', ofNode);
  }

  hasDevices(): boolean {
    return this.names('/run/vdpa/dev').length > 0;
  }

  /** A program, run on the node. */
  run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
    return run('nsenter', [...this.#here, ...argv], { env: { PATH: searchPath, ...env }, timeoutMs: 60_000 });
  }

  async ok(...argv: readonly string[]): Promise<void> {
    const result = await this.run(argv);
    if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.all}${result.failure ?? ''}`);
  }

  /** What kubelet makes for a pod before the runtime calls CNI; answers its volume. */
  addPod(uid: string): string {
    const volume = podVolume({ pods: this.path('/var/lib/kubelet/pods'), deviceInfo: '' }, uid);
    mkdirSync(volume, { recursive: true });
    return volume;
  }

  removePod(uid: string): void {
    rmSync(this.path(`/var/lib/kubelet/pods/${uid}`), { recursive: true });
  }

  /** The names in a folder of the node's; none where there is no such folder. */
  names(folder: string): string[] {
    const path = this.path(folder);
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  /** Where attachments are mounted: on top of the mount that each device has. */
  attachmentMounts(): string[] {
    const table = readFileSync(`/proc/${this.#daemon.pid}/mountinfo`, 'utf8').trimEnd().split('\n');
    const points = table
      .map((line) => line.split(' ')[mountPoint] ?? '')
      .filter((at) => at.startsWith('/run/vdpa/dev/'));
    return points.filter((at, index) => points.indexOf(at) !== index);
  }

  async stop(): Promise<void> {
    await this.killAgent();
    await this.#supervisor?.kill();
    await this.#daemon.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #here(): readonly string[] {
    return ['--target', `${this.#daemon.pid}`, '--mount', '--net', '--'];
  }

  #at(name: string): string {
    return join(this.folder, name);
  }

  #said(): string {
    return existsSync(this.#at('agent.log')) ? readFileSync(this.#at('agent.log'), 'utf8') : '';
  }
}

async function buildPrograms(folder: string): Promise<Programs> {
  const source = (name: string) => join(packageRoot(), 'dataplane', name);
  const [plugins, mounter] = [join(folder, 'plugin'), join(folder, 'vdpa-mount')];
  for (const argv of [
    ['make', '-C', source('cni'), `BUILD=${plugins}`],
    ['cc', '-O2', '-D_GNU_SOURCE', '-static', source('mounter/vdpa-mount.c'), '-o', mounter],
  ] as const) {
    const [program, ...args] = argv;
    const result = await run(program, args);
    if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.all}${result.failure ?? ''}`);
  }
  return { plugin: join(plugins, 'vdpa'), mounter };
}
