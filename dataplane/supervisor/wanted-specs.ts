// SPDX-License-Identifier: Apache-2.0
import type { RunDir } from '../contract/run-dir.ts';
import { findSpecs, type SpecsFound } from '../contract/spec-store.ts';

/** What the agent wants. It may be of another version than this supervisor: they are updated apart. */
export class WantedSpecs {
  readonly #dir: RunDir;
  readonly #log: (line: string) => void;
  #found: SpecsFound = { specs: new Map(), unread: new Map() };

  constructor(dir: RunDir, log: (line: string) => void) {
    this.#dir = dir;
    this.#log = log;
  }

  get known(): SpecsFound['specs'] {
    return this.#found.specs;
  }

  /** The devices of which it is not known what is wanted, each with the reason. */
  get unknown(): readonly { readonly device: string; readonly why: string }[] {
    const unknown = [...this.#found.unread].filter(([device]) => !this.known.has(device));
    return unknown.map(([device, why]) => ({ device, why: `its spec ${why}` }));
  }

  /** Reads what is wanted now. What is not understood is said once. */
  look(): void {
    const before = this.#found;
    this.#found = findSpecs(this.#dir, before.specs);
    for (const [device, why] of this.#found.unread) {
      if (before.unread.get(device) === why) continue;
      const meanwhile = this.known.has(device) ? 'what it said before stands' : 'nothing is started for it';
      this.#log(`${device}: its spec ${why}: ${meanwhile}`);
    }
  }
}
