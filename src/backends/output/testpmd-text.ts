// SPDX-License-Identifier: Apache-2.0

/**
 * A counter as testpmd printed it: null where it is missing, or where it cannot be the number of anything (it wrapped
 * below zero, or is too large for an exact number).
 */
export type Counter = number | null;

/** Terminal control sequences; `--stats-period` clears the screen with them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controlSequence = /\u001b\[[0-9;?]{0,16}[A-Za-z]|\r/g;

/**
 * The prompt, and behind it the echo of a command. testpmd writes both past its own output buffer, so they turn up in
 * the middle of a line, even between two digits. The length is bounded so that no input takes quadratic time.
 */
const prompt = /testpmd> ?(?:(?:clear|port (?:start|stop)|quit|set|show|start|stop)(?![^ \n])[^\n]{0,120}(?:\n|$))?/g;

/** The lines of testpmd's output as they would be without prompts, echoed commands and control sequences. */
export function testpmdLines(text: string): { lines: string[]; lastLineIsWhole: boolean } {
  const clean = text.replace(controlSequence, '').replace(prompt, '');
  const lines = clean.split('\n');
  const lastLineIsWhole = clean.endsWith('\n');
  if (lastLineIsWhole) {
    lines.pop();
  }
  return { lines, lastLineIsWhole };
}

/** From here on a 64-bit counter is a small negative number: it was read, then reset, then subtracted from. */
const firstWrapped = 2n ** 63n;

/** The number that decimal digits stand for, or why there is none. */
export function readCounter(digits: string): number | 'wrapped' | 'too-large' {
  if (digits.length <= 15) {
    return Number(digits);
  }
  const value = BigInt(digits);
  if (value >= firstWrapped) {
    return 'wrapped';
  }
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 'too-large';
}

export interface Block<Key extends string> {
  /** What the header names: a port, or null for all ports together. */
  readonly port: number | null;
  readonly counters: ReadonlyMap<Key, Counter>;
  /** The counters that wrapped below zero: they were reset while testpmd kept a start value. */
  readonly wrapped: ReadonlySet<Key>;
  /** Whether the closing rule was seen. The last number of a block that is cut off may lack digits. */
  readonly complete: boolean;
}

export interface BlockShape<Key extends string> {
  /** Matches the first line; group 1 is the port where there is one. */
  readonly header: RegExp;
  readonly closing: RegExp;
  /** Key for each label that testpmd prints, without the colon. */
  readonly labels: ReadonlyMap<string, Key>;
}

/** One `RX-packets: 123`. Some are printed without a space before the next label. */
const field = /(?<![A-Za-z-])([RT]x-[pb]ps|[RT]X-[A-Za-z]+):\s*(\d{1,20})(?!\d)/g;

/** Every block of the given shape, in the order of the text. Linear in the length of the text. */
export function parseBlocks<Key extends string>(text: string, shape: BlockShape<Key>): Block<Key>[] {
  const blocks: Block<Key>[] = [];
  const { lines, lastLineIsWhole } = testpmdLines(text);
  let open: { port: number | null; counters: Map<Key, Counter>; wrapped: Set<Key> } | null = null;
  for (const [index, line] of lines.entries()) {
    const header = shape.header.exec(line);
    if (header !== null) {
      if (open !== null) {
        blocks.push({ ...open, complete: false });
      }
      open = { port: header[1] === undefined ? null : Number(header[1]), counters: new Map(), wrapped: new Set() };
    } else if (open !== null && shape.closing.test(line)) {
      blocks.push({ ...open, complete: true });
      open = null;
    } else if (open !== null && (lastLineIsWhole || index < lines.length - 1)) {
      readFields(line, shape.labels, open.counters, open.wrapped);
    }
  }
  if (open !== null) {
    blocks.push({ ...open, complete: false });
  }
  return blocks;
}

function readFields<Key extends string>(
  line: string,
  labels: ReadonlyMap<string, Key>,
  counters: Map<Key, Counter>,
  wrapped: Set<Key>,
): void {
  for (const [, label, digits] of line.matchAll(field)) {
    const key = label === undefined ? undefined : labels.get(label);
    if (key === undefined || digits === undefined) {
      continue;
    }
    const value = readCounter(digits);
    if (value === 'wrapped') {
      wrapped.add(key);
    }
    counters.set(key, typeof value === 'number' ? value : null);
  }
}
