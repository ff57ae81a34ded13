// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { credentials, type ServiceClientConstructor } from '@grpc/grpc-js';
import * as z from 'zod';
import { packageRoot } from '../../../src/files/package-root.ts';
import { loadService } from '../../contract/grpc.ts';

const timeoutMs = 5_000;

const answerSchema = z.object({
  devices: z.array(z.object({ resource_name: z.string(), device_ids: z.array(z.string()) })),
});

/** What kubelet serves to whoever wants to know which devices it has to give. */
export function podResourcesService(): ServiceClientConstructor {
  return loadService(join(packageRoot(), 'dataplane', 'proto', 'podresources.proto'), ['v1', 'PodResourcesLister']);
}

/**
 * The devices of a resource that kubelet has to give, whoever told it of them, and whether or not pods have them. Rejects
 * when kubelet does not say.
 */
export function kubeletDevices(socket: string, resource: string): Promise<ReadonlySet<string>> {
  const Lister = podResourcesService();
  const client = new Lister(`unix://${socket}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  const method = Lister.service['GetAllocatableResources'];
  if (method === undefined) throw new Error('no method GetAllocatableResources in dataplane/proto/podresources.proto');
  return new Promise<ReadonlySet<string>>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      {},
      { deadline: Date.now() + timeoutMs },
      (error, answer) => {
        if (error !== null) return reject(new Error(error.details));
        const { devices } = answerSchema.parse(answer);
        resolve(new Set(devices.flatMap((each) => (each.resource_name === resource ? each.device_ids : []))));
      },
    );
  }).finally(() => client.close());
}
