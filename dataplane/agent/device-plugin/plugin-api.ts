// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { credentials, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import * as z from 'zod';
import { packageRoot } from '../../../src/files/package-root.ts';
import { loadService } from '../../contract/grpc.ts';

/** The version of kubelet's device plugin API, and of its proto package. */
const apiVersion = 'v1beta1';
const registerTimeoutMs = 10_000;

const file = () => join(packageRoot(), 'dataplane', 'proto', 'deviceplugin.proto');

/** What a plugin serves. */
export function pluginService(): ServiceDefinition {
  return loadService(file(), [apiVersion, 'DevicePlugin']).service;
}

/** What kubelet serves. */
export function registrationService(): ServiceClientConstructor {
  return loadService(file(), [apiVersion, 'Registration']);
}

export const pluginOptions = { pre_start_required: false, get_preferred_allocation_available: true } as const;

/** Tells kubelet, on `socket`, of the plugin that listens on `endpoint` in the same folder. Rejects when it says no. */
export function register(socket: string, endpoint: string, resource: string): Promise<void> {
  const Registration = registrationService();
  const client = new Registration(`unix://${socket}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  const method = Registration.service['Register'];
  if (method === undefined) throw new Error('no method Register in dataplane/proto/deviceplugin.proto');
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { version: apiVersion, endpoint, resource_name: resource, options: pluginOptions },
      { deadline: Date.now() + registerTimeoutMs },
      (error) => {
        if (error === null) resolve();
        else reject(new Error(error.details));
      },
    );
  }).finally(() => client.close());
}

export const allocateRequest = z.object({
  container_requests: z.array(z.object({ devices_ids: z.array(z.string()) })),
});

export const preferredRequest = z.object({
  container_requests: z.array(
    z.object({
      available_deviceIDs: z.array(z.string()),
      must_include_deviceIDs: z.array(z.string()),
      allocation_size: z.int(),
    }),
  ),
});
