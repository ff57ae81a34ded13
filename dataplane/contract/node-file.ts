// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';

/** The file node.json: what the agent of a cluster's node made of that node. */
export const nodeFileSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('NodeDevices'),
  /** null: the node could not be judged yet; the problems say why. */
  provider: z.string().nullable(),
  backend: z.string().nullable(),
  /** Who tells kubelet of the devices. */
  advertisedBy: z.enum(['agent', 'device-plugin', 'none']),
  /** Those that pods can be given. */
  devices: z.array(z.string()),
  /** Why there is no device, and what stands in the way of others, a sentence each. */
  problems: z.array(z.string()),
});

export type NodeFile = z.infer<typeof nodeFileSchema>;
