// SPDX-License-Identifier: Apache-2.0
import { isHeld } from '../../src/process/kernel-lock.ts';
import { type RunDir, supervisorLock } from '../contract/run-dir.ts';

const lookMs = 1_000;

/**
 * Whether the supervisor of a node lives, by its lock. It is in a container of its own: its process ids are of another
 * name space than the agent's, so that the process table cannot say whether a backend is alive. But every backend ends with
 * its supervisor, and as long as that lives it knows.
 */
export class SupervisorWatch {
  readonly #name: string;
  readonly #timer: NodeJS.Timeout;
  #alive = false;

  private constructor(dir: RunDir) {
    this.#name = supervisorLock(dir.root);
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  static async begin(dir: RunDir): Promise<SupervisorWatch> {
    const watch = new SupervisorWatch(dir);
    await watch.#look();
    return watch;
  }

  get alive(): boolean {
    return this.#alive;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    this.#alive = await isHeld(this.#name);
  }
}
