// SPDX-License-Identifier: Apache-2.0
import { type CniRequest, cniProtocol, parseEnv, parseHeader } from '../../contract/cni-protocol.ts';

/** Puts a request together from the pieces in which it comes. No more is kept than a request may have. */
export class RequestReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #header: { bytes: number; envBytes: number; stdinBytes: number } | null = null;

  /** The request when it is whole, the reason when it will never be one, null until then. */
  take(chunk: Buffer): CniRequest | string | null {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#header ??= this.#parseHeader();
    if (this.#header === null) {
      return this.#length > cniProtocol.maxHeaderBytes ? 'its header has no end' : null;
    }
    const { bytes, envBytes, stdinBytes } = this.#header;
    if (bytes < 0) return 'its header is of another version, or announces more than is taken';
    if (this.#length < bytes + envBytes + stdinBytes) return null;
    if (this.#length > bytes + envBytes + stdinBytes) return 'it is longer than its header says';
    const all = Buffer.concat(this.#chunks);
    return {
      env: parseEnv(all.toString('utf8', bytes, bytes + envBytes)),
      stdin: all.toString('utf8', bytes + envBytes),
    };
  }

  #parseHeader() {
    const start = Buffer.concat(this.#chunks).subarray(0, cniProtocol.maxHeaderBytes);
    const end = start.indexOf('\n');
    if (end === -1) return null;
    const header = parseHeader(start.toString('latin1', 0, end));
    return header === null ? { bytes: -1, envBytes: 0, stdinBytes: 0 } : { bytes: end + 1, ...header };
  }
}
