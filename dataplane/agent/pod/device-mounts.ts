// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import { isDeviceId } from '../../contract/device-id.ts';
import type { RunDir } from '../../contract/run-dir.ts';
import { CniError, cniCodes } from '../cni/cni-error.ts';
import { ensureFolder, type Files, ignoring } from './files.ts';
import { parseMountTable } from './mount-table.ts';
import type { Mounter } from './mounter.ts';

/** What is mounted for devices. */
export interface DeviceMounts {
  /** The devices on which something is mounted: the kernel's word. */
  attached(): string[];
  /**
   * Makes the mount of a device, on which its attachments are mounted. It has to be there before the backend of the
   * device starts, which holds it as a slave.
   */
  prepare(device: string): Promise<void>;
  /** Takes away all of a device that is offered no more. */
  remove(device: string): Promise<void>;
  /** Shows the folder that is open as `fd` to the backend of the device. */
  attach(device: string, fd: number): Promise<void>;
  /** Whether the folder that is open as `fd` is what the backend of the device sees. */
  shows(device: string, fd: number): boolean;
  /** Also when nothing is attached. */
  detach(device: string): Promise<void>;
}

/** As what the mount of a device is mounted: vdpa-mount and mount(8) both say so. */
const baseName = 'vdpactl';

/** No more than one is ever mounted; a bound keeps a broken table from looping. */
const maxLayers = 16;

/** The mounts of this machine. Calls for one device come one at a time. */
export class KernelMounts implements DeviceMounts {
  readonly #dir: RunDir;
  readonly #files: Files;
  readonly #mounter: Mounter;
  /** The number of the file system below the attachments of each device: what else is found there is an attachment. */
  readonly #bases = new Map<string, number>();

  constructor(dir: RunDir, files: Files, mounter: Mounter) {
    this.#dir = dir;
    this.#files = files;
    this.#mounter = mounter;
    // The kernel's table has no links in it, and /var/run mostly is one.
    const below = `${join(ignoring(['ENOENT'], () => files.realpathSync(dir.root)) ?? dir.root, basename(dir.devices))}/`;
    for (const mount of parseMountTable(files.readFileSync('/proc/self/mountinfo', 'utf8'))) {
      const device = mount.target.startsWith(below) ? mount.target.slice(below.length) : '';
      const isBase = mount.type === 'tmpfs' && mount.source === baseName && isDeviceId(device);
      if (isBase && !this.#bases.has(device)) this.#bases.set(device, numberOf(mount.device));
    }
  }

  attached(): string[] {
    return [...this.#bases.keys()].filter((device) => this.#isCovered(device));
  }

  async prepare(device: string): Promise<void> {
    if (this.#bases.has(device)) return;
    const folder = join(this.#dir.devices, device);
    // Only root gets through: within, modes are the pods'.
    ensureFolder(this.#files, this.#dir.devices, 0o700);
    ignoring(['EEXIST'], () => this.#files.mkdirSync(folder, { mode: 0o755 }));
    await this.#mounter.tmpfs(folder);
    this.#bases.set(device, this.#files.lstatSync(folder).dev);
  }

  async remove(device: string): Promise<void> {
    await this.detach(device);
    const folder = join(this.#dir.devices, device);
    if (this.#bases.has(device)) await this.#mounter.unmount(folder);
    this.#bases.delete(device);
    ignoring(['ENOENT'], () => this.#files.rmdirSync(folder));
  }

  async attach(device: string, fd: number): Promise<void> {
    try {
      await this.prepare(device);
      await this.detach(device);
      // By the descriptor: the pod may have put a link where the folder was.
      await this.#mounter.bind(`/proc/${process.pid}/fd/${fd}`, join(this.#dir.devices, device));
    } catch (error) {
      throw notMounted(device, error);
    }
    if (!this.shows(device, fd)) throw notMounted(device, 'another folder is there');
  }

  shows(device: string, fd: number): boolean {
    const [wanted, found] = [this.#files.fstatSync(fd), this.#top(device)];
    return found?.dev === wanted.dev && found.ino === wanted.ino;
  }

  async detach(device: string): Promise<void> {
    for (let layer = 0; layer < maxLayers && this.#isCovered(device); layer += 1) {
      await this.#mounter.unmount(join(this.#dir.devices, device));
    }
    if (this.#isCovered(device)) throw notMounted(device, 'what is mounted there cannot be taken off');
  }

  #isCovered(device: string): boolean {
    const base = this.#bases.get(device);
    const top = this.#top(device);
    return base !== undefined && top !== null && top.dev !== base;
  }

  #top(device: string): { dev: number; ino: number } | null {
    return ignoring(['ENOENT'], () => this.#files.lstatSync(join(this.#dir.devices, device)));
  }
}

function notMounted(device: string, error: unknown): CniError {
  const details = messageOf(error);
  return new CniError(cniCodes.notMounted, `the folder of device ${device} cannot be mounted`, details, error);
}

/** `major:minor` as stat(2) has it: gnu_dev_makedev(3). */
function numberOf(text: string): number {
  const [major = 0, minor = 0] = text.split(':').map(Number);
  return (major & 0xfff) * 256 + (minor & 0xff) + (minor >>> 8) * 1048576;
}
