// SPDX-License-Identifier: Apache-2.0

/** Where long work says what it is doing. Code below the command layer gets one handed in and never prints. */
export interface Progress {
  /** A new step begins; the one before is done. */
  step(text: string): void;
  /** More about the running step, such as what it waits for. */
  update(text: string): void;
  /** Something the user should know that is not an error. */
  warn(text: string): void;
  /** All done; the running step is marked as such. */
  done(text?: string): void;
  /** The running step failed. The error itself is printed elsewhere. */
  fail(): void;
  /** Resolves when all that was said is on the screen, so that what is printed next comes after it. */
  settled(): Promise<void>;
}

export const silentProgress: Progress = { step() {}, update() {}, warn() {}, done() {}, fail() {}, async settled() {} };
