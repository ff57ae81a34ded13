// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CniServer, type CniServerOptions, serveCni } from '../../../../dataplane/agent/cni/server.ts';
import { cniProtocol, encodeRequest, parseEnv, parseHeader } from '../../../../dataplane/contract/cni-protocol.ts';
import { scratch } from '../../../fixtures/scratch.ts';

const { folder } = scratch();
let server: CniServer;
let socket: string;

const echo: CniServerOptions['answer'] = async ({ env, stdin }) => ({
  exitCode: 0,
  stdout: `${env.get('CNI_COMMAND')} ${stdin}`,
});

async function serve(change: Partial<CniServerOptions> = {}): Promise<void> {
  server = await serveCni({ socket, answer: echo, log: () => {}, receiveMs: 300, ...change });
}

beforeEach(() => {
  socket = join(folder(), 'cni.sock');
});
afterEach(() => server.stop());

/** Writes these pieces and answers all that comes back. */
function talk(pieces: readonly Uint8Array[], andEnd = true): Promise<string> {
  return new Promise((resolve) => {
    const client = connect(socket);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString();
    });
    client.on('error', () => {});
    client.on('close', () => resolve(text));
    client.on('end', () => client.end());
    for (const piece of pieces) client.write(piece);
    if (andEnd) client.end();
  });
}

const request = (stdin = 'hello') => encodeRequest({ CNI_COMMAND: 'ADD', CNI_IFNAME: 'net1' }, stdin);

describe('the server', () => {
  it('answers one request a connection', async () => {
    await serve();
    expect(await talk([request()])).toBe('0 9\nADD hello');
  });

  it('does not wait for the caller to close, and takes what comes in pieces', async () => {
    await serve();
    const bytes = request('ä'.repeat(1000));
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await talk(pieces, false)).toBe(`0 2004\nADD ${'ä'.repeat(1000)}`);
  });

  it('takes the largest request that the protocol allows, and no larger', async () => {
    await serve();
    const largest = await talk([request('x'.repeat(cniProtocol.maxStdinBytes))]);
    expect(largest.length).toBe(cniProtocol.maxStdinBytes + '0 1048580\nADD '.length);
    expect(await talk([request('x'.repeat(cniProtocol.maxStdinBytes + 1))])).toContain('announces more than is taken');
  });

  it.each([
    ['of another version', 'vdpa-cni 2 0 0\n', 'is of another version'],
    ['without an end', 'x'.repeat(100), 'its header has no end'],
    ['with a sign', 'vdpa-cni 1 -1 0\n', 'is of another version'],
    ['that says less than comes', 'vdpa-cni 1 0 1\nab', 'it is longer than its header says'],
  ])('says what is wrong with a header %s', async (_what, text, message) => {
    await serve();
    expect(await talk([Buffer.from(text)])).toMatch(new RegExp(`^1 \\d+\\n\\{.*"code":6.*${message}`));
  });

  it('gives up on a caller that says nothing, or half of it', async () => {
    await serve();
    expect(await talk([], false)).toBe('');
    expect(await talk([request().subarray(0, 30)], false)).toBe('');
    expect(await talk([request().subarray(0, 30)], true)).toBe('');
  });

  it('answers in time when what was asked for takes longer, and says that it may be tried again', async () => {
    let isAborted = false;
    await serve({
      answerMs: 50,
      answer: (_request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            isAborted = true;
            resolve({ exitCode: 0, stdout: '' });
          });
        }),
    });
    expect(await talk([request('{"cniVersion":"1.0.0"}')])).toMatch(/^1 \d+\n\{"cniVersion":"1.0.0","code":11,/);
    expect(isAborted).toBe(true);
  });

  it('serves a hundred at once', async () => {
    await serve();
    const all = await Promise.all(Array.from({ length: 100 }, (_, index) => talk([request(`${index}`)])));
    expect(all).toEqual(Array.from({ length: 100 }, (_, index) => expect.stringContaining(`ADD ${index}`)));
  });

  it('listens for root alone, and leaves no socket behind', async () => {
    await serve();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(existsSync(socket)).toBe(false);
  });

  it('takes the place of one that was killed', async () => {
    await serve();
    const first = server;
    await serve();
    expect(await talk([request()])).toBe('0 9\nADD hello');
    await first.stop();
  });

  it('refuses a path that does not fit into an address', async () => {
    await serve();
    const options = { answer: echo, log: () => {} };
    await expect(serveCni({ ...options, socket: join(folder(), 'x'.repeat(120)) })).rejects.toThrow('longer than 107');
  });

  it('stands whatever comes', async () => {
    await serve({ receiveMs: 20 });
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom('vdpa-cni 1 ', '5 5\n', '0 0\n', '99999999 1\n', '\n', '\0', 'A=B\0')
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.boolean(), async (pieces, andEnd) => {
        expect(await talk(pieces, andEnd)).toMatch(/^([01] \d+\n.*)?$/s);
      }),
      { numRuns: 200 },
    );
    expect(await talk([request()])).toBe('0 9\nADD hello');
  });
});

it('reads back what was written', () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
  const key = fc.stringMatching(/^[A-Z][A-Z_]{0,8}$/);
  fc.assert(
    fc.property(fc.dictionary(key, text), text, (env, stdin) => {
      const bytes = encodeRequest(env, stdin);
      const end = bytes.indexOf('\n');
      const header = parseHeader(bytes.toString('latin1', 0, end));
      expect(header).not.toBeNull();
      const split = end + 1 + (header?.envBytes ?? 0);
      expect(Object.fromEntries(parseEnv(bytes.toString('utf8', end + 1, split)))).toEqual({ ...env });
      expect(bytes.toString('utf8', split)).toBe(stdin);
    }),
  );
});
