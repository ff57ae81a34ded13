// SPDX-License-Identifier: Apache-2.0
import { quoted } from './printable.ts';

/** A place in a text; both count from 1, columns in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Why bytes are not a text that could be YAML. */
export class TextFault extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]|\r(?!\n)/;

/** Bytes as text, without a byte order mark. Throws TextFault for what is not UTF-8 or holds control characters. */
export function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new TextFault('it is saved as UTF-16; save it as UTF-8', { line: 1, column: 1 });
  }
  const text = bytes.toString('utf8');
  const nul = text.indexOf('\0');
  if (nul !== -1) throw new TextFault('here is a NUL byte, so this is not a text file', positionIn(text, nul));
  const damaged = firstDifference(bytes, Buffer.from(text, 'utf8'));
  if (damaged !== null) {
    const before = bytes.toString('utf8', 0, damaged);
    throw new TextFault('here is a byte that is not UTF-8; save the file as UTF-8', positionIn(before, before.length));
  }
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const match = forbidden.exec(content);
  if (match !== null) throw new TextFault(`here is a ${nameOf(match[0])}`, positionIn(content, match.index));
  return content;
}

export function positionIn(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

function nameOf(character: string): string {
  if (character === '\r') return 'carriage return that does not end a line; end lines with a line feed';
  return `control character, ${quoted(character)}, which YAML does not allow`;
}

/** The offset of the first byte in which two buffers differ, or null when they are the same. */
function firstDifference(left: Buffer, right: Buffer): number | null {
  if (left.equals(right)) return null;
  const length = Math.min(left.length, right.length);
  for (let offset = 0; offset < length; offset++) if (left[offset] !== right[offset]) return offset;
  return length;
}
