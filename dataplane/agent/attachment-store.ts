// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ealArguments } from '../../src/backends/virtio-user.ts';
import { diskError, readTextFile, writeFileAtomic } from '../../src/files/write-atomic.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import type { Attachment, AttachmentsFile } from '../contract/attachment.ts';
import { type BackendSpec, hasProcess } from '../contract/backend-spec.ts';
import { interfaceNamePattern, type RunDir, workloadDir, workloadNamePattern } from '../contract/run-dir.ts';
import { DeviceLinks, list } from './device-links.ts';
import { readWorkloadFile, recordName, type WorkloadFile } from './workload-file.ts';

export interface HeldAttachment extends Attachment {
  readonly workload: string;
  readonly folder: string;
  /** Another version gave it: it is held, and taken back as a whole, but its workload gets nothing besides. */
  readonly isForeign?: boolean;
}

/**
 * The attachments of a node, kept as the very files that the workloads read: after a restart of the agent they are
 * still true, and there is no second record that could disagree.
 */
export class AttachmentStore {
  readonly #dir: RunDir;
  readonly #links: DeviceLinks;

  constructor(dir: RunDir) {
    this.#dir = dir;
    this.#links = new DeviceLinks(dir);
  }

  /** Every attachment; no device is in it twice. */
  all(): HeldAttachment[] {
    const claims = this.#workloads().flatMap((workload) => {
      const folder = workloadDir(this.#dir, workload);
      const { attachments, isForeign } = this.#read(workload);
      const more = isForeign ? { workload, folder, isForeign } : { workload, folder };
      return attachments.map((attachment) => ({ ...attachment, ...more }));
    });
    const holders = new Map<string, HeldAttachment>();
    for (const claim of claims) {
      // A workload can write to its own file. Where two claim a device, the link decides: that is out of their reach.
      if (!holders.has(claim.device) || this.#links.of(claim.device) === homeOf(claim))
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
    const before = this.#read(workload).attachments;
    try {
      mkdirSync(home, { recursive: true, mode: 0o755 });
      this.#write(workload, [...before, attachment]);
      this.#links.removeTo((target) => target === home);
      this.#links.set(spec.device, home);
    } catch (error) {
      this.#undoAttach(workload, home, before);
      throw diskError(error, folder);
    }
    return { ...attachment, workload, folder };
  }

  /** Takes devices back; all of the workload's where none is named. Answers those that were attached. */
  detach(workload: string, device: string | null): string[] {
    const { attachments: before, isForeign } = this.#read(workload);
    const gone = before.filter((attachment) => isForeign || device === null || attachment.device === device);
    const left = before.filter((attachment) => !gone.includes(attachment));
    const folder = workloadDir(this.#dir, workload);
    // The record first: if this is cut short, what it says is gone is swept away, and what it has is whole.
    if (left.length === 0) {
      rmSync(join(folder, recordName), { force: true });
      this.#links.removeTo((target) => target.startsWith(`${folder}/`));
      rmSync(folder, { recursive: true, force: true });
    } else if (gone.length > 0) {
      this.#write(workload, left);
      const homes = gone.map((attachment) => join(folder, attachment.interface));
      this.#links.removeTo((target) => homes.includes(target));
      for (const home of homes) rmSync(home, { recursive: true, force: true });
    }
    return gone.map((attachment) => attachment.device);
  }

  /** Makes the files agree with the record again after a kill in mid-attach or mid-detach. */
  sweep(): void {
    const held = this.all();
    for (const workload of this.#workloads()) {
      if (this.#read(workload).isForeign) continue;
      const folder = workloadDir(this.#dir, workload);
      const attachments = held.filter((attachment) => attachment.workload === workload);
      if (attachments.length === 0) rmSync(folder, { recursive: true, force: true });
      else this.#repair(folder, attachments);
    }
    const homes = new Map(held.map((attachment) => [attachment.device, homeOf(attachment)]));
    this.#links.keepOnly(new Set(homes.keys()));
    for (const [device, home] of homes) this.#links.set(device, home);
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

  #read(workload: string): WorkloadFile {
    return readWorkloadFile(workloadDir(this.#dir, workload), this.#links);
  }

  #write(workload: string, attachments: Attachment[]): void {
    const folder = workloadDir(this.#dir, workload);
    const file: AttachmentsFile = { schemaVersion, workload, attachments };
    writeFileAtomic(join(folder, argumentsName), ealArgumentsText(attachments));
    writeFileAtomic(join(folder, recordName), `${JSON.stringify(file, null, 2)}\n`);
  }
}

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
