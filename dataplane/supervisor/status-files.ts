// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { readJsonFile } from '../../src/files/json-file.ts';
import { writeFileAtomic } from '../../src/files/write-atomic.ts';
import { type BackendStatus, backendStatusSchema } from '../contract/backend-spec.ts';
import { type RunDir, statusFile } from '../contract/run-dir.ts';

/** The status files of the backends. Nothing here throws: a full disk must not end the supervisor. */
export class StatusFiles {
  readonly #dir: RunDir;
  readonly #log: (line: string) => void;
  /** What each file holds. */
  readonly #written = new Map<string, string>();
  #complaint = '';

  constructor(dir: RunDir, log: (line: string) => void) {
    this.#dir = dir;
    this.#log = log;
  }

  /** What was last written of a device, by this supervisor or an earlier one. */
  read(device: string): BackendStatus | null {
    return readJsonFile(statusFile(this.#dir, device), backendStatusSchema);
  }

  /** Writes what is not written yet. To be called again at each look: what failed is tried again. */
  write(status: BackendStatus): void {
    const text = `${JSON.stringify(status, null, 2)}\n`;
    if (this.#written.get(status.device) === text) return;
    try {
      writeFileAtomic(statusFile(this.#dir, status.device), text);
      this.#written.set(status.device, text);
      this.#complaint = '';
    } catch (error) {
      this.#complain(`${status.device}: cannot write the status: ${messageOf(error)}`);
    }
  }

  remove(device: string): void {
    this.#written.delete(device);
    try {
      rmSync(statusFile(this.#dir, device), { force: true });
    } catch (error) {
      this.#complain(`${device}: cannot remove the status: ${messageOf(error)}`);
    }
  }

  /** Said once: the log is on the disk that may be full. */
  #complain(message: string): void {
    if (message !== this.#complaint) this.#log(message);
    this.#complaint = message;
  }
}
