// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { schemaVersion } from '../schema-version.ts';

/** Linux caps an interface name at 15 bytes (IFNAMSIZ less the NUL). */
const interfaceName = z.string().regex(/^[^\s/]{1,15}$/, 'must be a Linux interface name of at most 15 characters');

const queueSizes = [256, 512, 1024] as const;

export const localConfigSchema = z
  .strictObject({
    devices: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe('How many virtual devices to offer. Each has a backend process of its own that polls one CPU.'),
    wire: z
      .enum(['memif', 'af_packet', 'null'])
      .default('memif')
      .describe(
        'What stands in for the NIC: memif (shared memory to a traffic generator), af_packet (an interface of this machine), null (swallows and makes packets).',
      ),
    interface: interfaceName
      .nullable()
      .default(null)
      .describe('The interface for wire af_packet. It must exist, be up, and not be an uplink.'),
    queues: z.int().min(1).max(8).default(1).describe('Queue pairs of each device.'),
    queueSize: z
      .union(queueSizes.map((size) => z.literal(size)))
      .default(1024)
      .describe('Descriptors of each virtio ring.'),
    memoryMiB: z.int().min(64).max(16384).default(128).describe('Huge-page memory of each backend process, MiB.'),
    cpus: z
      .array(z.int().min(0).max(1023))
      .min(1)
      .nullable()
      .default(null)
      .describe('Linux CPUs that the backends poll on, in the order of the devices. null: vdpactl chooses.'),
  })
  .superRefine((local, context) => {
    if (local.wire === 'af_packet' && local.interface === null) {
      context.addIssue({ code: 'custom', path: ['wire'], message: 'wire af_packet needs local.interface' });
    }
    if (local.wire !== 'af_packet' && local.interface !== null) {
      context.addIssue({ code: 'custom', path: ['interface'], message: 'interface goes with wire af_packet only' });
    }
  });

export const benchConfigSchema = z.strictObject({
  workload: z.enum(['l3fwd']).default('l3fwd').describe('The workload to drive.'),
  trials: z.int().min(1).max(100).default(5).describe('Timed trials; the result is their median.'),
  durationSeconds: z.number().min(0.2).max(600).default(3).describe('Length of each trial, seconds.'),
  warmupSeconds: z
    .number()
    .min(0)
    .max(60)
    .default(1)
    .describe('Length of the trial that is run first and not counted.'),
  frameSize: z
    .int()
    .min(64)
    .max(1518)
    .default(64)
    .describe('Ethernet frame size with the frame check sequence, bytes (RFC 2544).'),
  minRate: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('The goal: packets per second that the median has to reach, or exit 1. null: no goal.'),
  memoryMiB: z
    .int()
    .min(64)
    .max(16384)
    .default(128)
    .describe('Huge-page memory of the workload and of the generator each, MiB.'),
});

/** The whole config file. Every key may be left out; the defaults stand here and nowhere else. */
export const configSchema = z.strictObject({
  apiVersion: z.literal(schemaVersion).default(schemaVersion).describe('The version of this file.'),
  provider: z
    .enum(['auto', 'local'])
    .default('auto')
    .describe('Where the node runs. auto decides from what is found; anything else is recorded as an override.'),
  backend: z
    .enum(['auto', 'testpmd'])
    .default('auto')
    .describe('What stands behind the virtio rings. auto takes the first that fits the provider.'),
  local: localConfigSchema.prefault({}).describe('The local provider: this machine, no NIC needed.'),
  bench: benchConfigSchema.prefault({}).describe('The benchmark.'),
});

export type Config = z.infer<typeof configSchema>;
export type LocalConfig = Config['local'];
export type BenchConfig = Config['bench'];
