// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../src/schema-version.ts';
import { isDeviceId } from './device-id.ts';

const common = {
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('Backend'),
  /** PCI address or device id, in full. It becomes part of file names and of the marker of processes. */
  device: z.string().refine(isDeviceId),
  wire: z.object({
    kind: z.enum(['memif', 'af_packet', 'nic', 'null']),
    /** The memif socket, the interface, the PCI address or the name of the vDPA device; null for wire `null`. */
    at: z.string().nullable(),
  }),
  queues: z.int().positive(),
  queueSize: z.int().positive(),
};

/** A device with a process behind it, which connects to the workload's vhost-user socket. */
const processSpecSchema = z.object({
  ...common,
  backend: z.enum(['dpdk-vdpa', 'testpmd']),
  mac: z.string(),
  /**
   * The CPU that it polls on. null: who starts it chooses one of those that it may use, and puts it wherever the arguments
   * say `cpuPlaceholder`. Where they say so and this is a number, that is the wish, and taken where it is allowed.
   */
  cpu: z.int().nonnegative().nullable(),
  memoryMiB: z.int().positive(),
  program: z.string().min(1),
  args: z.array(z.string()),
  /** A line of the program's output that holds this text says that it forwards. */
  readyText: z.string().min(1),
  /** A line that holds this says that it will never forward, though it does not end by itself; null: it ends. */
  failText: z.string().min(1).nullable().default(null),
  /** The lines that are typed at its prompt, in order. Empty: it reads nothing. */
  input: z.array(z.string()).default([]),
  /** Sockets that the program listens on, removed before it starts: a killed program leaves them behind. */
  listensOn: z.array(z.string()),
});

/** A device that the kernel hands to the workload by itself. */
const kernelSpecSchema = z.object({
  ...common,
  backend: z.literal('vhost-vdpa'),
  /** null: the device has its own, which the workload asks it for. */
  mac: z.null(),
  /** The character device, `/dev/vhost-vdpa-0`. */
  path: z.string().regex(/^\/dev\/vhost-vdpa-\d+$/),
  /** The name of the vDPA device. */
  vdpa: z.string(),
});

/** A device and what is behind it: written by who deploys, read by the supervisor and the agent. */
export const backendSpecSchema = z.discriminatedUnion('backend', [processSpecSchema, kernelSpecSchema]);

/** Stands in the arguments of a backend for the CPU that it polls on. */
export const cpuPlaceholder = '{cpu}';

export type ProcessSpec = z.infer<typeof processSpecSchema>;
export type KernelSpec = z.infer<typeof kernelSpecSchema>;
export type BackendSpec = z.infer<typeof backendSpecSchema>;

/** Whether a process stands behind the device. */
export function hasProcess(spec: BackendSpec): spec is ProcessSpec {
  return spec.backend !== 'vhost-vdpa';
}

export const backendStateSchema = z.enum(['starting', 'running', 'backing-off', 'stopped']);
export type BackendState = z.infer<typeof backendStateSchema>;

/** What DPDK has counted on one side of a backend since its process started. null: it did not say. */
const sideCountersSchema = z.object({
  rxPackets: z.int().nonnegative().nullable(),
  rxBytes: z.int().nonnegative().nullable(),
  /** Packets that came and found no room. */
  rxMissed: z.int().nonnegative().nullable(),
  rxErrors: z.int().nonnegative().nullable(),
  /** Packets for which there was no buffer. */
  rxNoBuffer: z.int().nonnegative().nullable(),
  txPackets: z.int().nonnegative().nullable(),
  txBytes: z.int().nonnegative().nullable(),
  txErrors: z.int().nonnegative().nullable(),
});

/** Only of a backend that moves the packets itself: a NIC that reads the rings by itself counts where nobody looks. */
export const backendCountersSchema = z.object({
  wire: sideCountersSchema.nullable(),
  workload: sideCountersSchema.nullable(),
  /** Whether a workload is connected; null: it was not said yet. */
  connected: z.boolean().nullable(),
});

export type SideCounters = z.infer<typeof sideCountersSchema>;
export type BackendCounters = z.infer<typeof backendCountersSchema>;

/** What the supervisor says of one backend. */
export const backendStatusSchema = z.object({
  /** A supervisor of another version is believed as far as it says the same things: its backends run all the same. */
  schemaVersion: z.string(),
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
  /** The CPU that it was given; null: it is in its arguments. */
  cpu: z.int().nonnegative().nullable().default(null),
  counters: backendCountersSchema.nullable().default(null),
});

export type BackendStatus = z.infer<typeof backendStatusSchema>;
