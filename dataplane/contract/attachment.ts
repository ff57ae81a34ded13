// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';
import { isDeviceId } from './device-id.ts';
import { interfaceNamePattern } from './run-dir.ts';

/**
 * One device given to one workload, in the spelling of device-info-spec 1.1.0 plus the addresses. The agent removes the
 * folders that are named here, and a workload can write to its file: no name may lead out of the workload's folder.
 */
export const attachmentSchema = z.object({
  device: z.string().refine(isDeviceId),
  interface: z.string().regex(interfaceNamePattern),
  /** null: the device has its own. */
  mac: z.string().nullable(),
  queues: z.int().positive(),
  queueSize: z.int().positive(),
  ips: z.array(z.string()),
  'device-info': z.discriminatedUnion('type', [
    z.object({
      type: z.literal('vhost-user'),
      version: z.literal('1.1.0'),
      'vhost-user': z.object({
        /** The role of the workload: `server` means that it makes the socket. */
        mode: z.literal('server'),
        path: z.string(),
      }),
    }),
    z.object({
      type: z.literal('vdpa'),
      version: z.literal('1.1.0'),
      vdpa: z.object({
        'parent-device': z.string(),
        driver: z.literal('vhost'),
        path: z.string(),
        'pci-address': z.string().optional(),
      }),
    }),
  ]),
});

/** The file attachments.json: all that one workload has. */
export const attachmentsFileSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  workload: z.string(),
  attachments: z.array(attachmentSchema),
});

export type Attachment = z.infer<typeof attachmentSchema>;

/** What the workload opens: the socket that it makes, or the character device. */
export function pathOf(attachment: Attachment): string {
  const info = attachment['device-info'];
  return info.type === 'vdpa' ? info.vdpa.path : info['vhost-user'].path;
}
export type AttachmentsFile = z.infer<typeof attachmentsFileSchema>;
