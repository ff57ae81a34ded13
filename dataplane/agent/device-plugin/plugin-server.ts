// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import * as z from 'zod';
import type { BackendSpec } from '../../contract/backend-spec.ts';
import { GrpcError, unary } from '../grpc-error.ts';
import type { PluginDevice } from './advertised.ts';
import { allocate } from './allocate.ts';
import { allocateRequest, pluginOptions, pluginService, preferredRequest } from './plugin-api.ts';
import { preferred } from './preferred.ts';

/** What the plugin knows of the node, asked each time. */
export interface PluginFacts {
  readonly specs: () => readonly BackendSpec[];
  readonly numaNodes: () => ReadonlyMap<string, number>;
}

/** The plugin's own socket. */
export interface PluginServer {
  /** Tells kubelet how the devices are by now, unless it knows. */
  tell(devices: readonly PluginDevice[]): void;
  stop(): void;
}

/** Serves kubelet on `socket`. Rejects when it cannot listen. */
export async function servePlugin(
  socket: string,
  facts: PluginFacts,
  devices: readonly PluginDevice[],
): Promise<PluginServer> {
  const streams = new Set<ServerWritableStream<unknown, object>>();
  let current = devices;
  const server = new Server({ 'grpc.enable_channelz': 0 });
  server.addService(pluginService(), {
    ...unaryMethods(facts),
    ListAndWatch(call: ServerWritableStream<unknown, object>) {
      const end = () => streams.delete(call);
      call.on('cancelled', end).on('close', end).on('error', end);
      streams.add(call);
      call.write({ devices: current });
    },
  });
  rmSync(socket, { force: true });
  await listen(server, socket);
  return {
    tell(next) {
      if (JSON.stringify(next) === JSON.stringify(current)) return;
      current = next;
      for (const stream of streams) stream.write({ devices: next });
    },
    stop() {
      server.forceShutdown();
      rmSync(socket, { force: true });
    },
  };
}

function unaryMethods({ specs, numaNodes }: PluginFacts): UntypedServiceImplementation {
  return {
    GetDevicePluginOptions: unary(z.unknown(), () => pluginOptions),

    GetPreferredAllocation: unary(preferredRequest, ({ container_requests }) => ({
      container_responses: container_requests.map((each) => ({
        deviceIDs: preferred(each.available_deviceIDs, each.must_include_deviceIDs, each.allocation_size, numaNodes()),
      })),
    })),

    Allocate: unary(allocateRequest, ({ container_requests }) => ({
      container_responses: container_requests.map(({ devices_ids: ids }) => {
        const allocation = allocate(ids, specs());
        if (allocation !== null) return allocation;
        const offered = specs().map(({ device }) => device);
        const message = `of ${ids.join(', ')} not every device is offered; offered are ${offered.join(', ') || 'none'}`;
        throw new GrpcError(status.NOT_FOUND, message);
      }),
    })),

    PreStartContainer: unary(z.unknown(), () => ({})),
  };
}

function listen(server: Server, socket: string): Promise<void> {
  // The socket is made with this mask: only root, which kubelet is.
  const mask = process.umask(0o177);
  return new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  }).finally(() => process.umask(mask));
}
