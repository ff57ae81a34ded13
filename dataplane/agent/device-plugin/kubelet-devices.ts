// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Client, credentials, type MethodDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import * as z from 'zod';
import { packageRoot } from '../../../src/files/package-root.ts';
import { loadService } from '../../contract/grpc.ts';

/** Where all CPUs are polled an answer takes a while, and nothing waits for it. */
const timeoutMs = 60_000;

/** Read once. */
let method: MethodDefinition<object, unknown> | null = null;

const answerSchema = z.object({
  devices: z.array(z.object({ resource_name: z.string(), device_ids: z.array(z.string()) })),
});

/** What kubelet serves to whoever wants to know which devices it has to give. */
export function podResourcesService(): ServiceClientConstructor {
  return loadService(join(packageRoot(), 'dataplane', 'proto', 'podresources.proto'), ['v1', 'PodResourcesLister']);
}

/** Asks kubelet, over one connection, which devices of a resource it has to give. */
export class KubeletDevices {
  readonly #socket: string;
  readonly #resource: string;
  #client: Client | null = null;

  constructor(socket: string, resource: string) {
    this.#socket = socket;
    this.#resource = resource;
  }

  /** Whoever told kubelet of them, and whether or not pods have them. Rejects when kubelet does not say. */
  known(): Promise<ReadonlySet<string>> {
    method ??= podResourcesService().service['GetAllocatableResources'] ?? null;
    if (method === null) throw new Error('no method GetAllocatableResources in dataplane/proto/podresources.proto');
    const { path, requestSerialize, responseDeserialize } = method;
    this.#client ??= new Client(`unix://${this.#socket}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
    const client = this.#client;
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + timeoutMs;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, { deadline }, (error, answer) => {
        if (error !== null) return reject(new Error(error.details));
        const { devices } = answerSchema.parse(answer);
        resolve(new Set(devices.flatMap((each) => (each.resource_name === this.#resource ? each.device_ids : []))));
      });
    });
  }

  close(): void {
    this.#client?.close();
  }
}
