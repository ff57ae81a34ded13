// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer line than any object that etcd stores. */
const lineLimit = 8 * 1024 * 1024;

/** Reads a body up to a limit; the rest is not even received. */
export async function readLimited(
  body: Readable,
  limitBytes: number,
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => body.destroy(new Error('aborted'));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a body in bytes');
      chunks.push(chunk.length > limitBytes - length ? chunk.subarray(0, limitBytes - length) : chunk);
      length += chunk.length;
      if (length > limitBytes) return { text: Buffer.concat(chunks).toString('utf8'), truncated: true };
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), truncated: false };
}

/** The lines of a body as they come, without those that are empty. */
export async function* readLines(body: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body in bytes');
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLimit) throw new Error('a line without an end');
    for (const line of lines) if (line !== '') yield line;
  }
}
