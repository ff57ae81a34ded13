// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import * as z from 'zod';
import { packageRoot } from '../../src/files/package-root.ts';

/** The two services on the agent's socket, loaded from dataplane/proto. */
export interface Services {
  readonly node: ServiceClientConstructor;
  readonly vdpaDpdk: ServiceClientConstructor;
}

export function loadServices(): Services {
  const folder = join(packageRoot(), 'dataplane', 'proto');
  const definition = loadSync(['node.proto', 'vdpadpdk.proto'], {
    includeDirs: [folder],
    keepCase: true,
    defaults: true,
  });
  const loaded = loadPackageDefinition(definition);
  return { node: service(loaded, ['vdpactl', 'v1', 'Node']), vdpaDpdk: service(loaded, ['vdpadpdk', 'VdpaDpdk']) };
}

/** The service at `path` of one proto file. */
export function loadService(file: string, path: readonly string[]): ServiceClientConstructor {
  return service(loadPackageDefinition(loadSync(file, { keepCase: true, defaults: true })), path);
}

function service(loaded: GrpcObject, path: readonly string[]): ServiceClientConstructor {
  let at: unknown = loaded;
  for (const name of path) at = isObject(at) ? at[name] : undefined;
  if (typeof at !== 'function') throw new Error(`no service ${path.join('.')} in dataplane/proto`);
  return at as ServiceClientConstructor;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The key of a refusal's metadata that has the code of the error behind it, such as `VDPA-DISK-001`. */
export const errorCodeKey = 'vdpactl-error';

export const deviceHealthMessage = z.object({
  device: z.string(),
  state: z.string(),
  pid: z.int(),
  restarts: z.int(),
});

export const attachmentMessage = z.object({
  workload: z.string(),
  device: z.string(),
  interface: z.string(),
  mac: z.string(),
  folder: z.string(),
  socket: z.string(),
});

export const deviceMessage = z.object({
  id: z.string(),
  backend: z.string(),
  health: deviceHealthMessage.nullable(),
  workload: z.string(),
});

export const infoMessage = z.object({ version: z.string(), pid: z.int() });

export type DeviceHealthMessage = z.infer<typeof deviceHealthMessage>;
export type AttachmentMessage = z.infer<typeof attachmentMessage>;
export type DeviceMessage = z.infer<typeof deviceMessage>;
export type InfoMessage = z.infer<typeof infoMessage>;
