// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ealArguments } from '../../src/backends/virtio-user.ts';
import { errnoOf } from '../../src/errors/vdpa-error.ts';
import { readJsonFile } from '../../src/files/json-file.ts';
import { diskError, readTextFile, writeFileAtomic } from '../../src/files/write-atomic.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import { type Attachment, type AttachmentsFile, attachmentsFileSchema } from '../contract/attachment.ts';
import { type BackendSpec, hasProcess } from '../contract/backend-spec.ts';
import { interfaceNamePattern, type RunDir, workloadDir, workloadNamePattern } from '../contract/run-dir.ts';

export interface HeldAttachment extends Attachment {
  readonly workload: string;
  readonly folder: string;
}

/**
 * The attachments of a node, kept as the very files that the workloads read: after a restart of the agent they are
 * still true, and there is no second record that could disagree.
 */
export class AttachmentStore {
  readonly #dir: RunDir;

  constructor(dir: RunDir) {
    this.#dir = dir;
  }

  /** Every attachment; no device is in it twice. */
  all(): HeldAttachment[] {
    const claims = this.#workloads().flatMap((workload) => {
      const folder = workloadDir(this.#dir, workload);
      return this.#read(workload).map((attachment) => ({ ...attachment, workload, folder }));
    });
    const holders = new Map<string, HeldAttachment>();
    for (const claim of claims) {
      // A workload can write to its own file. Where two claim a device, the link decides: that is out of their reach.
      if (!holders.has(claim.device) || linkTarget(this.#linkOf(claim.device)) === homeOf(claim))
        holders.set(claim.device, claim);
    }
    return claims.filter((claim) => holders.get(claim.device) === claim);
  }

  /**
   * Gives the device of `spec` to a workload: its folder, its files, and the link through which the backend looks. One
   * that fails leaves nothing behind. Throws VDPA-DISK-001.
   */
  attach(workload: string, interfaceName: string, spec: BackendSpec): HeldAttachment {
    const folder = workloadDir(this.#dir, workload);
    const home = join(folder, interfaceName);
    const attachment: Attachment = {
      device: spec.device,
      interface: interfaceName,
      mac: spec.mac,
      queues: spec.queues,
      queueSize: spec.queueSize,
      ips: [],
      'device-info': deviceInfo(spec, home),
    };
    const before = this.#read(workload);
    try {
      mkdirSync(home, { recursive: true, mode: 0o755 });
      this.#write(workload, [...before, attachment]);
      this.#unlinkFrom((target) => target === home);
      this.#link(spec.device, home);
    } catch (error) {
      this.#undoAttach(workload, home, before);
      throw diskError(error, folder);
    }
    return { ...attachment, workload, folder };
  }

  /** Takes devices back; all of the workload's where none is named. Answers those that were attached. */
  detach(workload: string, device: string | null): string[] {
    const before = this.#read(workload);
    const gone = before.filter((attachment) => device === null || attachment.device === device);
    const left = before.filter((attachment) => !gone.includes(attachment));
    const folder = workloadDir(this.#dir, workload);
    // The record first: if this is cut short, what it says is gone is swept away, and what it has is whole.
    if (left.length === 0) {
      rmSync(join(folder, recordName), { force: true });
      this.#unlinkFrom((target) => target.startsWith(`${folder}/`));
      rmSync(folder, { recursive: true, force: true });
    } else if (gone.length > 0) {
      this.#write(workload, left);
      const homes = gone.map((attachment) => join(folder, attachment.interface));
      this.#unlinkFrom((target) => homes.includes(target));
      for (const home of homes) rmSync(home, { recursive: true, force: true });
    }
    return gone.map((attachment) => attachment.device);
  }

  /** Makes the files agree with the record again after a kill in mid-attach or mid-detach. */
  sweep(): void {
    const held = this.all();
    for (const workload of this.#workloads()) {
      const folder = workloadDir(this.#dir, workload);
      const attachments = held.filter((attachment) => attachment.workload === workload);
      if (attachments.length === 0) rmSync(folder, { recursive: true, force: true });
      else this.#repair(folder, attachments);
    }
    const homes = new Map(held.map((attachment) => [attachment.device, homeOf(attachment)]));
    for (const device of list(this.#dir.devices)) {
      if (!homes.has(device)) rmSync(this.#linkOf(device), { recursive: true, force: true });
    }
    for (const [device, home] of homes) this.#link(device, home);
  }

  #repair(folder: string, attachments: readonly HeldAttachment[]): void {
    const interfaces = attachments.map((attachment) => attachment.interface);
    for (const name of list(folder)) {
      const isStray = (interfaceNamePattern.test(name) && !interfaces.includes(name)) || /\.\d+\.tmp$/.test(name);
      if (isStray) rmSync(join(folder, name), { recursive: true, force: true });
    }
    for (const attachment of attachments) mkdirSync(homeOf(attachment), { recursive: true, mode: 0o755 });
    const args = ealArgumentsText(attachments);
    if (readTextFile(join(folder, argumentsName)) !== args) writeFileAtomic(join(folder, argumentsName), args);
  }

  #undoAttach(workload: string, home: string, before: Attachment[]): void {
    try {
      rmSync(before.length === 0 ? workloadDir(this.#dir, workload) : home, { recursive: true, force: true });
      if (before.length > 0) this.#write(workload, before);
    } catch {
      // What made the attach fail makes this fail too; the sweep at the next start does it.
    }
  }

  #workloads(): string[] {
    return list(this.#dir.workloads).filter((name) => workloadNamePattern.test(name));
  }

  #read(workload: string): Attachment[] {
    const file = readJsonFile(join(workloadDir(this.#dir, workload), recordName), attachmentsFileSchema);
    return file?.workload === workload ? file.attachments : [];
  }

  #write(workload: string, attachments: Attachment[]): void {
    const folder = workloadDir(this.#dir, workload);
    const file: AttachmentsFile = { schemaVersion, workload, attachments };
    writeFileAtomic(join(folder, argumentsName), ealArgumentsText(attachments));
    writeFileAtomic(join(folder, recordName), `${JSON.stringify(file, null, 2)}\n`);
  }

  #linkOf(device: string): string {
    return join(this.#dir.devices, device);
  }

  #link(device: string, home: string): void {
    const link = this.#linkOf(device);
    if (linkTarget(link) === home) return;
    mkdirSync(this.#dir.devices, { recursive: true });
    rmSync(link, { recursive: true, force: true });
    symlinkSync(home, link);
  }

  #unlinkFrom(isGone: (target: string) => boolean): void {
    for (const device of list(this.#dir.devices)) {
      const target = linkTarget(this.#linkOf(device));
      if (target !== null && isGone(target)) rmSync(this.#linkOf(device), { force: true });
    }
  }
}

const recordName = 'attachments.json';
const argumentsName = 'eal.args';

/** In the words of device-info-spec 1.1.0. */
function deviceInfo(spec: BackendSpec, home: string): Attachment['device-info'] {
  if (hasProcess(spec)) {
    const path = join(home, 'vhost.sock');
    return { type: 'vhost-user', version: '1.1.0', 'vhost-user': { mode: 'server', path } };
  }
  const pci = spec.device.includes(':') ? { 'pci-address': spec.device } : {};
  const vdpa = { 'parent-device': spec.vdpa, driver: 'vhost' as const, path: spec.path, ...pci };
  return { type: 'vdpa', version: '1.1.0', vdpa };
}

/** The folder of an attachment, where the workload's socket is. */
function homeOf({ folder, interface: name }: HeldAttachment): string {
  return join(folder, name);
}

function ealArgumentsText(attachments: readonly Attachment[]): string {
  return `${ealArguments(attachments).join('\n')}\n`;
}

/** The names in a folder that may be missing. Any other failure is thrown: nothing is attached is not the same. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}
