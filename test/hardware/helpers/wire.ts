// SPDX-License-Identifier: Apache-2.0
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { frameSplitter, labFrame, readLabFrame } from './frames.ts';

/** Numbered frames, and how those that come back are known. */
export interface TestFrames {
  make(to: string, generation: number, number: number): Buffer;
  /** The numbers of one that came back as it should; null for every other frame. */
  read(frame: Buffer): { readonly generation: number; readonly number: number } | null;
}

/** The far end of the cable in a NIC: it sends numbered frames, and knows those that come back. */
export interface Wire {
  /**
   * Sends `count` frames to a MAC, few at a time, and gives back how many different ones a workload has returned, as it
   * should. Throws nothing for those that are lost.
   */
  exchange(count: number, to: string, timeoutMs?: number): Promise<Exchange>;
  close(): Promise<void>;
}

export interface Exchange {
  readonly sent: number;
  /** Different numbered frames that came back to the sender, intact. */
  readonly returned: number;
  /** Frames of other protocols: what kernels say unasked. */
  readonly others: number;
}

/** Small enough for every ring on the way, however slow the two polling processes in an emulated machine. */
const window = 32;

const ownMac = '02:00:00:00:00:99';

/** Of no protocol. They come back with their addresses swapped, and as they were. */
const swapped: TestFrames = {
  make: (to, generation, number) => labFrame(to, ownMac, generation, number),
  read: (frame) => readLabFrame(frame, ownMac),
};

/** Listens on a UNIX socket, to which QEMU connects (`-netdev stream`): each frame after its length, 32 bits big-endian. */
export async function layWire(path: string, { make, read }: TestFrames = swapped): Promise<Wire> {
  let peer: Socket | null = null;
  let generation = 0;
  let others = 0;
  const returned = new Set<number>();
  const server = createServer((socket) => {
    peer = socket;
    const split = frameSplitter((frame) => {
      const seen = read(frame);
      if (seen === null) others += 1;
      else if (seen.generation === generation) returned.add(seen.number);
    });
    socket.on('data', split);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return {
    async exchange(count, to, timeoutMs = 60_000) {
      generation += 1;
      returned.clear();
      others = 0;
      let sent = 0;
      const deadline = performance.now() + timeoutMs;
      while (sent < count && performance.now() < deadline) {
        const batch = Math.min(window, count - sent);
        const frames = Array.from({ length: batch }, (_, index) => make(to, generation, sent + index));
        for (const frame of frames) send(peer, frame);
        sent += batch;
        const wanted = returned.size + batch;
        await until(() => returned.size >= wanted, 1_000);
      }
      await until(() => returned.size >= sent, 2_000);
      return { sent, returned: returned.size, others };
    },
    async close() {
      peer?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(peer: Socket | null, frame: Buffer): void {
  if (peer === null) throw new Error('no guest has connected to this wire');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  peer.write(Buffer.concat([length, frame]));
}

async function until(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds() && performance.now() < deadline) await sleep(2);
}
