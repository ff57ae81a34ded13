// SPDX-License-Identifier: Apache-2.0

/** Counts the time in which nothing but images is waited for apart from all other. The time is handed in, ms. */
export class PullClock {
  readonly #timeoutMs: number;
  readonly #pullTimeoutMs: number;
  #last = 0;
  #waited = 0;
  #pulled = 0;

  constructor(timeoutMs: number, pullTimeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#pullTimeoutMs = pullTimeoutMs;
  }

  /** The time since the last call was spent so. */
  pass(now: number, isPulling: boolean): void {
    const spent = Math.max(0, now - this.#last);
    this.#last = now;
    if (isPulling) this.#pulled += spent;
    else this.#waited += spent;
  }

  get pullMs(): number {
    return this.#pulled;
  }

  /** Which of the two times is over; null: neither. */
  get over(): 'wait' | 'pull' | null {
    if (this.#waited >= this.#timeoutMs) return 'wait';
    return this.#pulled >= this.#pullTimeoutMs ? 'pull' : null;
  }

  /** How long it can go on like that. */
  left(isPulling: boolean): number {
    return isPulling ? this.#pullTimeoutMs - this.#pulled : this.#timeoutMs - this.#waited;
  }
}
