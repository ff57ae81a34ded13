// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../schema-version.ts';
import { kubernetesConfigSchema } from './kubernetes-schema.ts';
import { memoryConfigSchema, nicsConfigSchema } from './nics-schema.ts';
import { isRecord } from './plain-data.ts';

/**
 * Linux caps an interface name at 15 bytes (IFNAMSIZ less the NUL) and allows neither `/`, `:`, white space, `.` nor `..`.
 * A comma would end the EAL argument that the name becomes part of.
 */
const interfaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)(?!.*[/:,])[!-~]{1,15}$/)
  .meta({ title: 'the name of a Linux interface, at most 15 characters' });

/**
 * Runs a rule that compares two keys whenever those two are well-formed. Without it zod skips the rule as soon as any
 * key is wrong, and the user learns of that problem only on the next run.
 */
function whenWellFormed(...keys: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ value, issues }) => isRecord(value) && !issues.some(({ path }) => keys.includes(String(path?.[0])));
}

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
      .describe('The interface for wire af_packet. It must exist, be up, and not be an uplink.')
      .meta({ examples: ['veth0'] }),
    queues: z.int().min(1).max(8).default(1).describe('Queue pairs of each device.'),
    queueSize: z.literal([256, 512, 1024]).default(1024).describe('Descriptors of each virtio ring.'),
    memoryMiB: z.int().min(64).max(16384).default(128).describe('Huge-page memory of each backend process, MiB.'),
    cpus: z
      .array(z.int().min(0).max(1023))
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Linux CPUs that the backends poll on, in the order of the devices; when they are fewer, they are shared in turn. null: vdpactl chooses.',
      )
      .meta({ examples: [[2, 3]] }),
  })
  .refine((local) => local.wire !== 'af_packet' || local.interface !== null, {
    path: ['wire'],
    error: 'which needs the name of an interface: set local.interface, or use --interface',
    when: whenWellFormed('wire', 'interface'),
  })
  .refine((local) => local.wire === 'af_packet' || local.interface === null, {
    path: ['interface'],
    error: 'which goes with wire af_packet only',
    params: { because: ['local', 'wire'] },
    when: whenWellFormed('wire', 'interface'),
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
    .describe('The goal: packets per second that the median has to reach, or exit 1. null: no goal.')
    .meta({ examples: [1_000_000] }),
  memoryMiB: z
    .int()
    .min(64)
    .max(16384)
    .default(128)
    .describe(
      'Huge-page memory of the generator, MiB, and of the workload beside the 192 MiB that its routing tables take.',
    ),
});

/** The whole config file. Every key may be left out; the defaults stand here and nowhere else. */
export const configSchema = z.strictObject({
  apiVersion: z.literal(schemaVersion).default(schemaVersion).describe('The version of this file.'),
  provider: z
    .enum(['auto', 'baremetal', 'alibaba', 'aws', 'local'])
    .default('auto')
    .describe('Where the node runs. auto decides from what is found; anything else is recorded as an override.'),
  backend: z
    .enum(['auto', 'dpdk-vdpa', 'vhost-vdpa', 'testpmd'])
    .default('auto')
    .describe('What stands behind the virtio rings. auto takes the first that fits the provider.'),
  nics: nicsConfigSchema
    .prefault({})
    .describe('Which NICs are given away and how (providers baremetal, alibaba, aws).'),
  memory: memoryConfigSchema.prefault({}).describe('Huge pages that a node sets aside for each device it gives away.'),
  kubernetes: kubernetesConfigSchema.prefault({}).describe('The stack for a cluster.'),
  local: localConfigSchema.prefault({}).describe('The local provider: this machine, no NIC needed.'),
  bench: benchConfigSchema.prefault({}).describe('The benchmark.'),
});

export type Config = z.infer<typeof configSchema>;
export type BenchConfig = Config['bench'];

/** The dotted name of every setting, such as `local.wire`. */
export type ConfigKey = LeafKey<Config>;

type LeafKey<Section> = {
  [Key in keyof Section & string]: NonNullable<Section[Key]> extends readonly unknown[]
    ? Key
    : NonNullable<Section[Key]> extends object
      ? `${Key}.${LeafKey<NonNullable<Section[Key]>>}`
      : Key;
}[keyof Section & string];
