// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { loadServices } from '../contract/grpc.ts';
import { maxSocketPathBytes, type RunDir } from '../contract/run-dir.ts';
import { AttachmentStore } from './attachment-store.ts';
import type { Liveness } from './devices.ts';
import { type Holdings, nodeService } from './node-service.ts';
import { vdpaDpdkService } from './vdpa-dpdk-service.ts';

/** Both services on the socket of the run directory. */
export interface ServingAgent {
  /** Ends every call and removes the socket. */
  stop(): void;
}

export interface ServeOptions {
  /** Who has which device; the workloads of this machine where it is left out, and then repaired first. */
  readonly holdings?: Holdings;
  readonly isAlive?: Liveness;
}

/**
 * Repairs what an agent that was killed left half done, and serves. Only for who holds the agent's lock: a socket that is
 * there is taken for a dead one's. Rejects when it cannot listen, with VDPA-PATH-001 for a path that is too long.
 */
export async function serveAgent(dir: RunDir, options: ServeOptions = {}): Promise<ServingAgent> {
  const store = options.holdings ?? localHoldings(dir);
  const services = loadServices();
  const server = new Server({ 'grpc.enable_channelz': 0 });
  server.addService(services.vdpaDpdk.service, vdpaDpdkService(dir));
  server.addService(services.node.service, nodeService(dir, store, options.isAlive));
  rmSync(dir.grpcSocket, { force: true });
  await listen(server, dir.grpcSocket);
  return {
    stop() {
      server.forceShutdown();
      rmSync(dir.grpcSocket, { force: true });
    },
  };
}

function localHoldings(dir: RunDir): Holdings {
  const store = new AttachmentStore(dir);
  store.sweep();
  return store;
}

async function listen(server: Server, socket: string): Promise<void> {
  // Node would cut the path off, and listen where nobody looks.
  if (Buffer.byteLength(socket) > maxSocketPathBytes) {
    throw new VdpaError('VDPA-PATH-001', `the path of the socket is longer than ${maxSocketPathBytes} bytes`, {
      where: socket,
      next: 'choose a shorter run directory',
    });
  }
  // The socket is made with this mask: mode 0600 from its first moment, not some time later.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    process.umask(mask);
  }
}
