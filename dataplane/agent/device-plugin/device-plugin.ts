// SPDX-License-Identifier: Apache-2.0
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import { resourceName, resourcePrefix } from '../../../src/templates/kubernetes/names.ts';
import type { BackendSpec } from '../../contract/backend-spec.ts';
import { Advertised } from './advertised.ts';
import { register } from './plugin-api.ts';
import { type PluginFacts, type PluginServer, servePlugin } from './plugin-server.ts';

export interface DevicePluginOptions extends PluginFacts {
  /** Kubelet's folder of device plugins, with kubelet.sock in it. */
  readonly folder: string;
  readonly isRunning: (spec: BackendSpec) => boolean;
  /** Whether this agent advertises the devices; where it is the other plugin, this one holds its tongue. */
  readonly isWanted: () => boolean;
  readonly log: (line: string) => void;
  readonly lookMs?: number;
}

const lookMs = 1_000;
/** A name by which residue is found: `vdpactl node clean` looks for it. */
const socketName = `${resourcePrefix}_${resourceName}.sock`;

/** Advertises the devices of this node to kubelet, and again whenever kubelet begins anew. */
export class DevicePlugin {
  readonly #options: DevicePluginOptions;
  readonly #advertised = new Advertised();
  readonly #timer: NodeJS.Timeout;
  readonly #watcher: FSWatcher | null;
  #server: PluginServer | null = null;
  /** Of which kubelet.sock and socket of ours; empty: of none. */
  #registered = '';
  #complaint = '';
  #busy: Promise<void> | null = null;
  #stopped = false;

  constructor(options: DevicePluginOptions) {
    this.#options = options;
    this.#watcher = watchFolder(options.folder, () => void this.look());
    this.#timer = setInterval(() => void this.look(), options.lookMs ?? lookMs);
  }

  /** `idle`: somebody else advertises, or there is nothing to. `waiting`: kubelet does not know of the devices yet. */
  get state(): 'idle' | 'waiting' | 'registered' {
    if (this.#registered !== '') return 'registered';
    return this.#options.isWanted() ? 'waiting' : 'idle';
  }

  /** Why it waits; empty: it does not. */
  get complaint(): string {
    return this.state === 'waiting' ? this.#complaint || 'not registered yet' : '';
  }

  /** Looks whether kubelet has begun anew, and tells it how the devices are. Never throws. */
  look(): Promise<void> {
    this.#busy ??= this.#look()
      .catch((error: unknown) => this.#complain(messageOf(error)))
      .finally(() => {
        this.#busy = null;
      });
    return this.#busy;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    await this.#busy;
    this.#server?.stop();
    this.#server = null;
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    if (!this.#options.isWanted()) return this.#retire();
    const { folder, specs, numaNodes, isRunning, log } = this.#options;
    const devices = this.#advertised.list(specs(), numaNodes(), isRunning, performance.now());
    this.#server?.tell(devices);
    const [socket, kubelet] = [join(folder, socketName), join(folder, 'kubelet.sock')];
    if (this.#registered !== '' && this.#registered === this.#pair(socket, kubelet)) return;
    this.#registered = '';
    if (identityOf(kubelet) === null) return this.#complain(`kubelet does not listen: there is no ${kubelet}`);
    // Kubelet empties its folder when it starts: what listened there is listened to no more.
    this.#server?.stop();
    this.#server = await servePlugin(socket, this.#options, devices);
    await register(kubelet, socketName, `${resourcePrefix}/${resourceName}`);
    this.#registered = this.#pair(socket, kubelet);
    this.#complaint = '';
    log(`device plugin: registered ${devices.length} devices with kubelet`);
  }

  #retire(): void {
    if (this.#server !== null) this.#options.log('device plugin: the devices are advertised by another');
    this.#server?.stop();
    this.#server = null;
    this.#registered = '';
  }

  #pair(socket: string, kubelet: string): string {
    const [own, its] = [identityOf(socket), identityOf(kubelet)];
    return own === null || its === null ? '' : `${own} ${its}`;
  }

  /** Said once. */
  #complain(message: string): void {
    if (message !== this.#complaint) this.#options.log(`device plugin: ${message}`);
    this.#complaint = message;
  }
}

/** Tells one socket from the next at the same path. */
function identityOf(path: string): string | null {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : `${info.dev}:${info.ino}:${info.ctimeMs}`;
}

/** Only a short cut: without it a new kubelet is seen at the next look. */
function watchFolder(folder: string, changed: () => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, (_event, name) => {
      if (name === 'kubelet.sock') changed();
    }).on('error', () => {});
  } catch {
    return null;
  }
}
