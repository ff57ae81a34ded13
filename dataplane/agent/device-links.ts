// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/errors/vdpa-error.ts';
import type { RunDir } from '../contract/run-dir.ts';

/** The links of a machine's devices: each leads to the folder of the attachment that has it, out of every workload's reach. */
export class DeviceLinks {
  readonly #dir: RunDir;

  constructor(dir: RunDir) {
    this.#dir = dir;
  }

  /** Where the link of a device leads; null: there is none. */
  of(device: string): string | null {
    try {
      const path = this.#path(device);
      return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
    } catch {
      return null;
    }
  }

  /** Of all devices. */
  all(): { readonly device: string; readonly home: string }[] {
    return list(this.#dir.devices).flatMap((device) => {
      const home = this.of(device);
      return home === null ? [] : [{ device, home }];
    });
  }

  set(device: string, home: string): void {
    if (this.of(device) === home) return;
    mkdirSync(this.#dir.devices, { recursive: true });
    rmSync(this.#path(device), { recursive: true, force: true });
    symlinkSync(home, this.#path(device));
  }

  removeTo(isGone: (home: string) => boolean): void {
    for (const { device, home } of this.all()) if (isGone(home)) rmSync(this.#path(device), { force: true });
  }

  /** Removes what is there of other devices, be it a link or not. */
  keepOnly(devices: ReadonlySet<string>): void {
    for (const device of list(this.#dir.devices)) {
      if (!devices.has(device)) rmSync(this.#path(device), { recursive: true, force: true });
    }
  }

  #path(device: string): string {
    return join(this.#dir.devices, device);
  }
}

/** The names in a folder that may be missing. Any other failure is thrown: nothing is attached is not the same. */
export function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
