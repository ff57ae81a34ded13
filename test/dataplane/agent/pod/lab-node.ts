// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CniError } from '../../../../dataplane/agent/cni/cni-error.ts';
import type { Ipam, IpamCall } from '../../../../dataplane/agent/cni/ipam.ts';
import type { AttachRequest } from '../../../../dataplane/agent/pod/attach-request.ts';
import type { DeviceMounts } from '../../../../dataplane/agent/pod/device-mounts.ts';
import { type Files, nodeFiles } from '../../../../dataplane/agent/pod/files.ts';
import { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import type { BackendSpec } from '../../../../dataplane/contract/backend-spec.ts';
import { type PodPaths, podFolder, podVolume } from '../../../../dataplane/contract/pod-paths.ts';
import { type RunDir, runDir } from '../../../../dataplane/contract/run-dir.ts';
import { backendSpec } from '../../../fixtures/backend-spec.ts';

/** What goes wrong at which step: `fail` and the step fails, `kill` and neither it nor any after it happens. */
export interface Fault {
  readonly at: number;
  readonly how: 'fail' | 'kill';
}

/** Counts the steps of an agent, and lets one of them go wrong. */
export class Faults {
  steps = 0;
  #fault: Fault | null = null;
  #isKilled = false;

  arm(fault: Fault | null): void {
    this.steps = 0;
    this.#fault = fault;
    this.#isKilled = false;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** One step: throws when it is the one that goes wrong, or when the agent is dead. */
  step(name: string): void {
    this.steps += 1;
    const isNow = this.#fault?.at === this.steps;
    if (isNow && this.#fault?.how === 'kill') this.#isKilled = true;
    if (isNow || this.#isKilled) throw Object.assign(new Error(`${name}: injected`), { code: 'EIO' });
  }
}

/** Mounts as a table: a folder is known by its inode. */
export class MountTable implements DeviceMounts {
  readonly onTop = new Map<string, number>();
  readonly bases = new Set<string>();
  readonly #faults: Faults;

  constructor(faults: Faults, kernel?: MountTable) {
    this.#faults = faults;
    if (kernel === undefined) return;
    this.onTop = kernel.onTop;
    this.bases = kernel.bases;
  }

  attached(): string[] {
    return [...this.onTop.keys()];
  }

  async prepare(device: string): Promise<void> {
    this.#faults.step('tmpfs');
    this.bases.add(device);
  }

  async remove(device: string): Promise<void> {
    await this.detach(device);
    this.bases.delete(device);
  }

  async attach(device: string, fd: number): Promise<void> {
    await this.prepare(device);
    this.#faults.step('bind');
    if (this.onTop.has(device)) throw new Error(`${device} is mounted already`);
    this.onTop.set(device, nodeFiles.fstatSync(fd).ino);
  }

  shows(device: string, fd: number): boolean {
    return this.onTop.get(device) === nodeFiles.fstatSync(fd).ino;
  }

  async detach(device: string): Promise<void> {
    this.#faults.step('unmount');
    this.onTop.delete(device);
  }
}

/** A plugin for addresses as its state: which container's interface has one. */
export class Leases implements Ipam {
  readonly held = new Set<string>();
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  async add(call: IpamCall) {
    this.#faults.step('ipam add');
    this.held.add(keyOf(call));
    // Given, but nobody hears of it.
    this.#faults.step('ipam answer');
    return { ips: [{ address: '10.1.1.2/24' }], routes: [], dns: {} };
  }

  async del(call: IpamCall): Promise<void> {
    this.#faults.step('ipam del');
    this.held.delete(keyOf(call));
  }

  async other(): Promise<void> {}
}

const keyOf = ({ env }: IpamCall): string => `${env['CNI_CONTAINERID']}/${env['CNI_IFNAME']}`;

/** A node in a folder: the agent's run directory and kubelet's pods, with mounts and addresses in memory. */
export class LabNode {
  readonly dir: RunDir;
  readonly paths: PodPaths;
  readonly faults = new Faults();
  readonly mounts = new MountTable(this.faults);
  readonly leases = new Leases(this.faults);
  readonly log: string[] = [];
  /** Group and mode of character devices, which this machine need not have. */
  readonly owners = new Map<string, { group?: number; mode?: number }>();

  constructor(root: string) {
    this.dir = runDir(join(root, 'run'));
    this.paths = { pods: join(root, 'pods'), deviceInfo: join(root, 'devinfo') };
    for (const folder of [this.dir.root, this.paths.pods, this.paths.deviceInfo])
      mkdirSync(folder, { recursive: true });
  }

  /** The agent, started anew. */
  open(): Promise<PodAttachments> {
    return PodAttachments.open({
      dir: this.dir,
      mounts: this.mounts,
      ipam: this.leases,
      paths: this.paths,
      files: faulty(this.faults, this.owners),
      log: (line) => this.log.push(line),
    });
  }

  addPod(uid: string): string {
    const volume = podVolume(this.paths, uid);
    mkdirSync(volume, { recursive: true });
    return volume;
  }

  removePod(uid: string): void {
    nodeFilesRemove(podFolder(this.paths, uid));
  }

  /** Every trace of attachments: files in volumes, records, device-info files, mounts, addresses. */
  traces(): string[] {
    return [
      ...tree(this.paths.pods).filter((path) => /\/vdpa\/./.test(path)),
      ...tree(this.dir.root).filter((path) => path !== `${this.dir.attachments}/` && path !== this.dir.cniSocket),
      ...tree(this.paths.deviceInfo),
      ...[...this.mounts.onTop.keys()].map((device) => `mount ${device}`),
      ...[...this.leases.held].map((lease) => `lease ${lease}`),
    ];
  }
}

/** What pod `uid` asks for, by a container that is named after it and its `sandbox`. */
export function askFor(
  node: LabNode,
  uid: string,
  device: string,
  change: Partial<AttachRequest> & { sandbox?: number; withIpam?: boolean; spec?: BackendSpec } = {},
): AttachRequest {
  const { sandbox = 1, withIpam = true, ...rest } = change;
  const name = change.interface ?? 'net1';
  const container = `${uid}-${sandbox}`;
  return {
    pod: { uid, namespace: 'default', name: `name-of-${uid}` },
    container,
    interface: name,
    network: 'vdpa-net',
    spec: backendSpec(device),
    mac: '02:00:00:00:00:01',
    addresses: { ips: [], routes: [], dns: {} },
    deviceInfoFile: join(node.paths.deviceInfo, `${uid}-${name}.json`),
    ipam: withIpam ? leaseOf(container, name) : null,
    ...rest,
  };
}

export function leaseOf(container: string, name: string): IpamCall {
  return { plugin: 'leases', env: { CNI_CONTAINERID: container, CNI_IFNAME: name }, config: '{}' };
}

export async function codeOf(action: Promise<unknown>): Promise<number | null> {
  try {
    await action;
    return null;
  } catch (error) {
    if (error instanceof CniError) return error.code;
    throw error;
  }
}

function faulty(faults: Faults, owners: LabNode['owners']): Files {
  return new Proxy(nodeFiles, {
    get(target, name: keyof Files) {
      const call = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        // Closing never fails, and a process that is killed closes all.
        if (name !== 'closeSync') faults.step(name);
        const [path, first, second] = args;
        if (typeof path !== 'string' || !path.startsWith('/dev/')) return call(...args);
        const change = name === 'chownSync' ? { group: Number(second) } : { mode: Number(first) };
        owners.set(path, { ...owners.get(path), ...change });
        return undefined;
      };
    },
  });
}

function nodeFilesRemove(path: string): void {
  for (const name of tree(path).reverse()) {
    if (name.endsWith('/')) nodeFiles.rmdirSync(name);
    else nodeFiles.unlinkSync(name);
  }
  nodeFiles.rmdirSync(path);
}

function tree(at: string): string[] {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    return entry.isDirectory() ? [`${path}/`, ...tree(path)] : [path];
  });
}
