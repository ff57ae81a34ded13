// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

// The documents as scripts of users rely on them: written down here once more, so that a change of a shape is seen.

const version = z.literal('vdpactl/v1');
const pid = z.int().positive();

const backend = z.looseObject({
  device: z.string(),
  wire: z.strictObject({ kind: z.enum(['memif', 'af_packet', 'null']), at: z.string().nullable() }),
  mac: z.string().regex(/^02(:[0-9a-f]{2}){5}$/),
  memoryMiB: z.int().positive(),
});

export const deployShape = z.strictObject({
  schemaVersion: version,
  runDir: z.string(),
  changed: z.boolean(),
  warnings: z.array(z.string()),
  stack: z.looseObject({ schemaVersion: version, kind: z.literal('LocalStack'), backends: z.array(backend) }),
});

const packets = z.int().nonnegative().nullable();
const side = z.strictObject({
  rxPackets: packets,
  rxBytes: packets,
  rxMissed: packets,
  rxErrors: packets,
  rxNoBuffer: packets,
  txPackets: packets,
  txBytes: packets,
  txErrors: packets,
});

export const statusShape = z.strictObject({
  schemaVersion: version,
  runDir: z.string(),
  state: z.enum(['absent', 'healthy', 'degraded']),
  provider: z.literal('local').nullable(),
  backend: z.literal('testpmd').nullable(),
  parts: z.array(
    z.strictObject({
      name: z.enum(['agent', 'supervisor']),
      running: z.boolean(),
      pid: pid.nullable(),
      problem: z.string().nullable(),
      log: z.string(),
    }),
  ),
  devices: z.array(
    z.strictObject({
      device: z.string(),
      backend: z.literal('testpmd'),
      wire: z.strictObject({ kind: z.enum(['memif', 'af_packet', 'null']), at: z.string().nullable() }),
      state: z.enum(['starting', 'running', 'backing-off', 'stopped']),
      pid: pid.nullable(),
      restarts: z.int().nonnegative(),
      since: z.iso.datetime().nullable(),
      lastExit: z.looseObject({ code: z.int().nullable(), signal: z.string().nullable() }).nullable(),
      workload: z.string().nullable(),
      problem: z.string().nullable(),
      counters: z
        .strictObject({ wire: side.nullable(), workload: side.nullable(), connected: z.boolean().nullable() })
        .nullable(),
      log: z.string(),
    }),
  ),
  strays: z.array(z.strictObject({ role: z.string(), pid })),
  problems: z.array(z.string()),
});

export const destroyShape = z.strictObject({
  schemaVersion: version,
  runDir: z.string(),
  changed: z.boolean(),
  ended: z.array(z.strictObject({ role: z.string(), pid })),
});

export const attachShape = z.strictObject({
  schemaVersion: version,
  workload: z.string(),
  device: z.string(),
  interface: z.string(),
  mac: z.string(),
  folder: z.string(),
  socket: z.string(),
  ealArgs: z.string(),
  command: z.string().nullable(),
});

export const detachShape = z.strictObject({
  schemaVersion: version,
  workload: z.string(),
  devices: z.array(z.string()),
});

export const errorShape = z.strictObject({
  schemaVersion: version,
  error: z.strictObject({
    code: z.string().regex(/^VDPA-[A-Z]+-\d{3}$/),
    message: z.string().min(1),
    where: z.string().nullable(),
    details: z.array(z.string()),
    next: z.string().min(1),
    exitCode: z.int(),
  }),
});
