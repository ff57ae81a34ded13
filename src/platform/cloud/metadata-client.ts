// SPDX-License-Identifier: Apache-2.0
import { Agent, request } from 'node:http';

/** Enough for an identity, and a bound for whatever answers in its place. */
const maxBytes = 64 * 1024;

export interface MetadataRequest {
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MetadataAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks a metadata service. */
export type AskMetadata = (path: string, request?: MetadataRequest) => Promise<MetadataAnswer>;

/**
 * A client of the metadata service at `endpoint` that ends with the signal. It goes to that address and no other: through
 * no proxy, and redirects are answers as any. Throws for what is no http address.
 */
export function metadataClient(endpoint: string, signal: AbortSignal): AskMetadata {
  const base = new URL(endpoint);
  if (base.protocol !== 'http:' || base.username !== '' || base.password !== '') {
    throw new Error('the address of the metadata service is no plain http one');
  }
  return (path, { method = 'GET', headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, base);
      // An agent of its own: the global one may have been told of a proxy.
      const sent = request(url, { method, headers, signal, agent: new Agent() });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > maxBytes) sent.destroy(new Error('the answer is longer than 64 KiB'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.end();
    });
}

/** The text of a good answer. @throws Error for any other, in words for the evidence. */
export function goodText({ status, text }: MetadataAnswer, what: string): string {
  if (status === 200) return text.trim();
  throw new Error(status >= 300 && status < 400 ? `${what}: a redirect (HTTP ${status})` : `${what}: HTTP ${status}`);
}

/** A session token, as it may stand in a header. */
export function goodToken(answer: MetadataAnswer): string {
  const token = goodText(answer, 'token');
  if (!/^[\x21-\x7e]{1,1024}$/.test(token)) throw new Error('token: not one');
  return token;
}

/** One value of an identity. @throws Error when it is none; the value itself is not shown, for it may be anything. */
export function goodValue(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && value.length <= 128 && pattern.test(value)) return value;
  throw new Error(`${what}: not one`);
}
