// SPDX-License-Identifier: Apache-2.0

/** Does what is pushed in that order, so many things at a time: an API server is not asked for thousands at once. */
export class WorkQueue {
  readonly #limit: number;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: (() => Promise<unknown>)[] = [];
  #head = 0;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(limit: number, onError: (error: unknown) => void) {
    this.#limit = limit;
    this.#onError = onError;
  }

  push(work: () => Promise<unknown>): void {
    this.#waiting.push(work);
    if (this.#running < this.#limit) void this.#run();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    this.#running += 1;
    for (let work = this.#next(); work !== undefined; work = this.#next()) await work().catch(this.#onError);
    this.#running -= 1;
    if (this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #next(): (() => Promise<unknown>) | undefined {
    const work = this.#waiting[this.#head];
    this.#head += 1;
    if (work !== undefined) return work;
    this.#waiting.length = 0;
    this.#head = 0;
    return undefined;
  }
}
