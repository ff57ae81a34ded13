// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../../src/schema-version.ts';
import { podAttachmentSchema, podUidPattern } from '../../contract/pod-paths.ts';
import { ipamCallSchema } from '../cni/ipam.ts';
import { addressesSchema } from '../cni/result.ts';

/**
 * What is known of one attachment of a pod. It is written before anything is mounted and removed last, so that whatever
 * cuts an attach or a detach short, what is left of it can be found and taken away.
 */
export const podRecordSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('PodAttachment'),
  /**
   * `changing`: being made or taken away, and after a restart to be taken away. `released`: the device is free again, but
   * the plugin for addresses has not taken them back yet.
   */
  state: z.enum(['changing', 'attached', 'released']),
  pod: z.object({ uid: z.string().regex(podUidPattern), namespace: z.string(), name: z.string() }),
  container: z.string(),
  /** The name of the network. */
  network: z.string(),
  attachment: podAttachmentSchema,
  addresses: addressesSchema,
  deviceInfoFile: z.string().nullable(),
  /** How the addresses are given back; null: no plugin gave any. */
  ipam: ipamCallSchema.nullable(),
});

export type PodRecord = z.infer<typeof podRecordSchema>;

/** `namespace/name`, or the uid where the runtime did not say. */
export function podText({ uid, namespace, name }: PodRecord['pod']): string {
  return name === '' ? uid : `${namespace}/${name}`;
}
