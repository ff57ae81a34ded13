// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';
import { isDeviceId } from './device-id.ts';

/** A device and the process behind it: written by who deploys, read by the supervisor and the agent. */
export const backendSpecSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('Backend'),
  /** PCI address or device id, in full. It becomes part of file names and of the marker of processes. */
  device: z.string().refine(isDeviceId),
  backend: z.literal('testpmd'),
  wire: z.object({
    kind: z.enum(['memif', 'af_packet', 'null']),
    /** The memif socket or the interface; null for wire `null`. */
    at: z.string().nullable(),
  }),
  mac: z.string(),
  queues: z.int().positive(),
  queueSize: z.int().positive(),
  cpu: z.int().nonnegative(),
  memoryMiB: z.int().positive(),
  program: z.string().min(1),
  args: z.array(z.string()),
  /** A line of the program's output that holds this text says that it forwards. */
  readyText: z.string().min(1),
  /** Sockets that the program listens on, removed before it starts: a killed program leaves them behind. */
  listensOn: z.array(z.string()),
});

export type BackendSpec = z.infer<typeof backendSpecSchema>;

export const backendStateSchema = z.enum(['starting', 'running', 'backing-off', 'stopped']);
export type BackendState = z.infer<typeof backendStateSchema>;

/** What the supervisor says of one backend. */
export const backendStatusSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  device: z.string(),
  state: backendStateSchema,
  pid: z.int().positive().nullable(),
  startTicks: z.int().nonnegative().nullable(),
  /** How often the process ended without being asked to: each time it is started again, at once or after a while. */
  restarts: z.int().nonnegative(),
  /** When the state was entered, ISO 8601. */
  since: z.string(),
  lastExit: z
    .object({
      at: z.string(),
      code: z.int().nullable(),
      signal: z.string().nullable(),
      /** The last lines of its output. */
      output: z.array(z.string()),
    })
    .nullable(),
  /** The content hash of the spec that the process was started from. */
  specHash: z.string(),
});

export type BackendStatus = z.infer<typeof backendStatusSchema>;
