// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ealArguments } from '../../src/backends/virtio-user.ts';
import { readJsonFile } from '../../src/files/json-file.ts';
import { writeFileAtomic } from '../../src/files/write-atomic.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import { type Attachment, type AttachmentsFile, attachmentsFileSchema } from '../contract/attachment.ts';
import type { BackendSpec } from '../contract/backend-spec.ts';
import { type RunDir, workloadDir, workloadNamePattern } from '../contract/run-dir.ts';

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

  all(): HeldAttachment[] {
    return this.#workloads().flatMap((workload) => {
      const folder = workloadDir(this.#dir, workload);
      return this.#read(workload).map((attachment) => ({ ...attachment, workload, folder }));
    });
  }

  /** Gives the device of `spec` to a workload: its folder, its files, and the link through which the backend looks. */
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
      'device-info': {
        type: 'vhost-user',
        version: '1.1.0',
        'vhost-user': { mode: 'server', path: join(home, 'vhost.sock') },
      },
    };
    const before = this.#read(workload);
    mkdirSync(home, { recursive: true, mode: 0o755 });
    try {
      this.#write(workload, [...before, attachment]);
      this.#link(spec.device, home);
    } catch (error) {
      if (before.length === 0) rmSync(folder, { recursive: true, force: true });
      else this.#write(workload, before);
      throw error;
    }
    return { ...attachment, workload, folder };
  }

  /** Takes devices back; all of the workload's where none is named. Answers those that were attached. */
  detach(workload: string, device: string | null): string[] {
    const before = this.#read(workload);
    const gone = before.filter((attachment) => device === null || attachment.device === device);
    const left = before.filter((attachment) => !gone.includes(attachment));
    const folder = workloadDir(this.#dir, workload);
    for (const attachment of gone) {
      this.#unlink(attachment.device, join(folder, attachment.interface));
      rmSync(join(folder, attachment.interface), { recursive: true, force: true });
    }
    if (left.length === 0) rmSync(folder, { recursive: true, force: true });
    else if (gone.length > 0) this.#write(workload, left);
    return gone.map((attachment) => attachment.device);
  }

  /** Removes what a kill in mid-attach or mid-detach left: folders without files, links that lead nowhere. */
  sweep(): void {
    for (const workload of this.#workloads()) {
      if (this.#read(workload).length === 0) rmSync(workloadDir(this.#dir, workload), { recursive: true, force: true });
    }
    const held = new Map(
      this.all().map((attachment) => [attachment.device, join(attachment.folder, attachment.interface)]),
    );
    for (const device of list(this.#dir.devices)) {
      if (!held.has(device)) rmSync(join(this.#dir.devices, device), { recursive: true, force: true });
    }
    for (const [device, home] of held) this.#link(device, home);
  }

  #workloads(): string[] {
    return list(this.#dir.workloads).filter((name) => workloadNamePattern.test(name));
  }

  #read(workload: string): Attachment[] {
    const file = readJsonFile(join(workloadDir(this.#dir, workload), 'attachments.json'), attachmentsFileSchema);
    return file?.workload === workload ? file.attachments : [];
  }

  #write(workload: string, attachments: Attachment[]): void {
    const folder = workloadDir(this.#dir, workload);
    const file: AttachmentsFile = { schemaVersion, workload, attachments };
    writeFileAtomic(join(folder, 'eal.args'), `${ealArguments(attachments).join('\n')}\n`);
    writeFileAtomic(join(folder, 'attachments.json'), `${JSON.stringify(file, null, 2)}\n`);
  }

  #link(device: string, home: string): void {
    const link = join(this.#dir.devices, device);
    if (linkTarget(link) === home) return;
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { recursive: true, force: true });
    symlinkSync(home, link);
  }

  #unlink(device: string, home: string): void {
    const link = join(this.#dir.devices, device);
    if (linkTarget(link) === home) rmSync(link, { force: true });
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}
