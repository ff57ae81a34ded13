// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';
import { backendCountersSchema, backendStateSchema } from './backend-spec.ts';

/** Where the agent of a node shows it, at its port of `healthPorts`. */
export const nodePagePath = '/node';

/** The variable by which the agent learns the address of its node, where it shows the page to others. */
export const nodeAddressVariable = 'VDPA_NODE_ADDRESS';

/** One device, as the agent of its node sees it. */
const devicePageSchema = z.object({
  device: z.string(),
  backend: z.string(),
  state: backendStateSchema,
  /** Whether a pod has it. */
  attached: z.boolean(),
  /** How often its backend ended without being asked to. */
  restarts: z.int().nonnegative(),
  /** null: nothing is counted of it. */
  counters: backendCountersSchema.nullable(),
});

/** What the agent of a node says of it, to `vdpactl status` and into a sysdump. */
export const nodePageSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('NodeState'),
  /** Of the agent. */
  version: z.string(),
  /** null: the node could not be judged yet; the problems say why. */
  provider: z.string().nullable(),
  backend: z.string().nullable(),
  advertisedBy: z.enum(['agent', 'device-plugin', 'none']),
  devices: z.array(devicePageSchema),
  /** Why there is no device, and what stands in the way of others, a sentence each. */
  problems: z.array(z.string()),
});

export type NodePage = z.infer<typeof nodePageSchema>;
export type DevicePage = z.infer<typeof devicePageSchema>;
