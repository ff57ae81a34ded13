// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

export interface Received {
  readonly env: readonly string[];
  readonly config: Buffer;
}

/** What the stand-in does with a request that has come whole; it may write anything. */
export type Behaviour = (socket: Socket, received: Received) => void;

export interface StandInAgent {
  readonly path: string;
  readonly requests: Received[];
  behaviour: Behaviour;
  close(): Promise<void>;
}

export const answer = (code: number, body: string): string => `${code} ${Buffer.byteLength(body)}\n${body}`;

const headerPattern = /^vdpa-cni 1 (\d+) (\d+)$/;

/** The agent's end of the plugin's socket, which answers whatever a test wants. */
export async function standInAgent(path: string): Promise<StandInAgent> {
  const agent = { path, requests: [] as Received[], behaviour: (socket: Socket) => socket.end(answer(0, '{}')) };
  const server = createServer((socket) => {
    let all = Buffer.alloc(0);
    // The plugin may be gone before it has read everything.
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      all = Buffer.concat([all, chunk]);
      const received = parse(all);
      if (received === null) return;
      all = Buffer.alloc(0);
      agent.requests.push(received);
      (agent.behaviour as Behaviour)(socket, received);
    });
  });
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  return Object.assign(agent, {
    async close() {
      server.close();
      await once(server, 'close');
    },
  });
}

/** null while something is missing still. */
function parse(all: Buffer): Received | null {
  const line = all.indexOf('\n');
  if (line < 0) return null;
  const header = headerPattern.exec(all.subarray(0, line).toString());
  if (header === null) throw new Error(`not a request: ${all.subarray(0, line).toString()}`);
  const envEnd = line + 1 + Number(header[1]);
  const end = envEnd + Number(header[2]);
  if (all.length < end) return null;
  if (all.length > end) throw new Error('more than the header says');
  const env = all.subarray(line + 1, envEnd).toString('utf8');
  return { env: env === '' ? [] : env.replace(/\0$/, '').split('\0'), config: all.subarray(envEnd) };
}
