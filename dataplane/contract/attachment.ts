// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';

/** One device given to one workload, in the spelling of device-info-spec 1.1.0 plus the addresses. */
export const attachmentSchema = z.object({
  device: z.string(),
  interface: z.string(),
  mac: z.string(),
  queues: z.int().positive(),
  queueSize: z.int().positive(),
  ips: z.array(z.string()),
  'device-info': z.object({
    type: z.literal('vhost-user'),
    version: z.literal('1.1.0'),
    'vhost-user': z.object({
      /** The role of the workload: `server` means that it makes the socket. */
      mode: z.literal('server'),
      path: z.string(),
    }),
  }),
});

/** The file attachments.json: all that one workload has. */
export const attachmentsFileSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  workload: z.string(),
  attachments: z.array(attachmentSchema),
});

export type Attachment = z.infer<typeof attachmentSchema>;
export type AttachmentsFile = z.infer<typeof attachmentsFileSchema>;
