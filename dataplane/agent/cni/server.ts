// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, VdpaError } from '../../../src/errors/vdpa-error.ts';
import { type CniAnswer, type CniRequest, cniProtocol, encodeAnswer } from '../../contract/cni-protocol.ts';
import { maxSocketPathBytes } from '../../contract/run-dir.ts';
import { CniError, cniCodes, errorDocument } from './cni-error.ts';
import { versionOf } from './network-config.ts';
import { RequestReader } from './request-reader.ts';

export interface CniServerOptions {
  readonly socket: string;
  /** Never throws. `signal` is aborted when nobody waits for the answer any more. */
  readonly answer: (request: CniRequest, signal: AbortSignal) => Promise<CniAnswer>;
  readonly log: (line: string) => void;
  readonly receiveMs?: number;
  readonly answerMs?: number;
}

export interface CniServer {
  /** Takes no more calls, and waits a while for those that are being answered. */
  stop(): Promise<void>;
}

/** How long a caller may take to say what it wants: the plugin says it at once. */
const receiveMs = 5_000;
/** Less than the plugin waits, so that it is told. */
const answerMs = cniProtocol.answerMs - 5_000;
const stopMs = 8_000;
/** Far more than a node has pods. A call more is turned away, and the runtime tries again. */
const maxConnections = 1024;

/**
 * Serves the CNI plugin. Who may call is up to the file system alone: the socket is root's with mode 0600, in a folder in
 * which only root may make or rename anything. (Node cannot ask for the peer's credentials, SO_PEERCRED.)
 */
export async function serveCni(options: CniServerOptions): Promise<CniServer> {
  const running = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  // The plugin may close its side once it has asked.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const served = serve(socket, options).catch((error: unknown) => options.log(`cni: ${messageOf(error)}`));
    running.add(served);
    void served.finally(() => running.delete(served));
    socket.on('close', () => sockets.delete(socket));
  });
  server.maxConnections = maxConnections;
  await listen(server, options.socket);
  server.on('error', (error) => options.log(`cni: ${messageOf(error)}`));
  return {
    async stop() {
      server.close();
      rmSync(options.socket, { force: true });
      let timer: NodeJS.Timeout | undefined;
      const waited = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopMs);
      });
      await Promise.race([Promise.allSettled(running), waited]);
      clearTimeout(timer);
      // Who is not answered by then gets an end, of which the plugin makes an error that is tried again.
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    const message = `the path of the socket is longer than ${maxSocketPathBytes} bytes`;
    throw new VdpaError('VDPA-PATH-001', message, { where: path, next: 'choose a shorter run directory' });
  }
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within this call, with mode 0600 from its first moment.
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

/** One request and its answer. What comes from the other side can end this connection and nothing else. */
async function serve(socket: Socket, options: CniServerOptions): Promise<void> {
  socket.on('error', () => {}); // the plugin is gone: the runtime will call DEL
  const request = await receive(socket, options.receiveMs ?? receiveMs);
  if (request === null) return;
  const answer = typeof request === 'string' ? refusal(request) : await answerInTime(request, options);
  if (!socket.destroyed) socket.end(encodeAnswer(answer));
}

/** The request, why it is none, or null when there will be none. */
function receive(socket: Socket, withinMs: number): Promise<CniRequest | string | null> {
  const reader = new RequestReader();
  let isDone = false;
  return new Promise((resolve) => {
    const finish = (result: CniRequest | string | null) => {
      clearTimeout(timer);
      if (isDone) return;
      isDone = true;
      socket.removeAllListeners('data');
      // What else comes is thrown away: unread, it would reset the connection before the answer is read.
      socket.resume();
      if (result === null) socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(null), withinMs);
    socket.on('data', (chunk: Buffer) => {
      const result = reader.take(chunk);
      if (result !== null) finish(result);
    });
    socket.once('end', () => finish(null));
    socket.once('close', () => finish(null));
  });
}

async function answerInTime(request: CniRequest, options: CniServerOptions): Promise<CniAnswer> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CniAnswer>((resolve) => {
    timer = setTimeout(() => {
      options.log(`cni: ${request.env.get('CNI_COMMAND')} took too long`);
      const error = new CniError(cniCodes.tryLater, 'the agent could not do it in time', 'it undoes what it began');
      resolve({ exitCode: 1, stdout: errorDocument(error, versionOf(request.stdin)) });
      controller.abort();
    }, options.answerMs ?? answerMs);
  });
  try {
    return await Promise.race([options.answer(request, controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(why: string): CniAnswer {
  const error = new CniError(cniCodes.decode, `the agent does not understand the plugin: ${why}`);
  return { exitCode: 1, stdout: errorDocument(error, null) };
}
