// SPDX-License-Identifier: Apache-2.0

/** One at a time for each key, in the order in which they came; different keys run at once. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `action` once all that came before it with this key has ended. */
  async run<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(action);
    const ended = result.then(
      () => {},
      () => {},
    );
    this.#last.set(key, ended);
    try {
      return await result;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}
