// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type PortStats, parsePortStats, parseVhostConnected } from '../../src/backends/output/testpmd-output.ts';
import type { BackendCounters, SideCounters } from '../contract/backend-spec.ts';

/** testpmd writes a kilobyte a second: what is further back than this was overtaken long ago. */
const maxReadBytes = 64 * 1024;
/** No block of counters and no line about a connection is longer. */
const carryBytes = 4 * 1024;

/** Follows the log of one testpmd, and knows what it counted last: its port 0 is the wire, port 1 the workload's side. */
export class CountedPackets {
  readonly #log: string;
  #at: number;
  #carry = '';
  #latest: BackendCounters | null = null;

  /** `from`: where in the log the output of this process begins. */
  constructor(log: string, from: number) {
    this.#log = log;
    this.#at = from;
  }

  /** What was counted by now; null: nothing yet. Never throws. */
  read(): BackendCounters | null {
    const text = this.#carry + this.#next();
    if (text === this.#carry) return this.#latest;
    this.#latest = latestCounters(text, this.#latest);
    this.#carry = text.slice(-carryBytes);
    return this.#latest;
  }

  #next(): string {
    try {
      const fd = openSync(this.#log, 'r');
      try {
        const { size } = fstatSync(fd);
        // A log that is shorter than where we were was cut in between.
        if (size < this.#at) this.#at = 0;
        const start = Math.max(this.#at, size - maxReadBytes);
        const buffer = Buffer.alloc(size - start);
        const read = readSync(fd, buffer, 0, buffer.length, start);
        this.#at = start + read;
        return buffer.toString('utf8', 0, read);
      } finally {
        closeSync(fd);
      }
    } catch {
      return '';
    }
  }
}

/** `before` as of `text`, which is what was written since. */
export function latestCounters(text: string, before: BackendCounters | null): BackendCounters | null {
  const blocks = parsePortStats(text).filter((block) => block.complete);
  const last = (port: number) => sideOf(blocks.findLast((block) => block.port === port));
  const wire = last(0) ?? before?.wire ?? null;
  const workload = last(1) ?? before?.workload ?? null;
  const connected = parseVhostConnected(text) ?? before?.connected ?? null;
  if (wire === null && workload === null && connected === null) return null;
  return { wire, workload, connected };
}

function sideOf(block: PortStats | undefined): SideCounters | null {
  if (block === undefined) return null;
  const { rxPackets, rxBytes, rxMissed, rxErrors, rxNoMbuf, txPackets, txBytes, txErrors } = block;
  return { rxPackets, rxBytes, rxMissed, rxErrors, rxNoBuffer: rxNoMbuf, txPackets, txBytes, txErrors };
}
