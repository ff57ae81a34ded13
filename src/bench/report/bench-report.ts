// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../../schema-version.ts';

const count = z.int().nonnegative();
const ratio = z.number().min(0).max(1);
/** Packets a second. */
const rate = z.number().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const role = z.enum(['generator', 'backend', 'workload']);

/** One trial (RFC 2544, section 24): packets, and packets a second. */
const trialSchema = z.object({
  /** From 1 on; the warm-up is not counted. */
  index: z.int().positive(),
  /** Time in which the generator sent, seconds. */
  durationSeconds: z.number().positive(),
  /** How far the duration can be off, seconds. */
  timingErrorSeconds: z.number().nonnegative(),
  /** What the generator tried to send: `sent` and `generatorDropped` together. */
  offered: count,
  /** What the wire took. */
  sent: count,
  /** What came back to the generator, also after sending had ended. */
  received: count,
  /** `sent` less `received`. */
  lost: count,
  /** Trial loss ratio (RFC 9971): `lost` of `sent`, 0 to 1. */
  lossRatio: ratio,
  /** `sent` by duration. */
  txPps: rate,
  /** `received` by duration: forwarded by the workload and received back. */
  rxPps: rate,
  /** What the wire did not take from the generator. Not counted as lost: it was never sent. */
  generatorDropped: count,
});

const takenTimeSchema = z.object({ ratio: z.number().nonnegative(), ticks: count });

/** What happened on the machine during one trial; null: could not be read. */
const machineIntervalSchema = z.object({
  seconds: z.number().nonnegative(),
  steal: takenTimeSchema.nullable(),
  foreign: takenTimeSchema.nullable(),
  throttledPeriods: count.nullable(),
  throttledSeconds: z.number().nonnegative().nullable(),
  loadOne: z.number().nonnegative().nullable(),
});

/** Packets counted at each hop, over all counted trials; null: not counted there, or the counter was lost. */
const pathCountsSchema = z.object({
  generatorSent: count.nullable(),
  backendFromWire: count.nullable(),
  backendToWorkload: count.nullable(),
  backendFromWorkload: count.nullable(),
  backendToWire: count.nullable(),
  generatorReceived: count.nullable(),
});

const summarySchema = z.object({
  /** Of the trials' `rxPps`, packets a second. */
  median: rate,
  min: rate,
  max: rate,
  mean: rate,
  q1: rate,
  q3: rate,
  standardDeviation: rate.nullable(),
  /** Median absolute deviation, not scaled. */
  mad: rate,
  /** (max - min) / median. */
  relativeSpread: z.number().nonnegative().nullable(),
  /** 95 % confidence interval of the median; null for fewer than six trials. */
  ci95: z.object({ low: rate, high: rate, coverage: ratio }).nullable(),
  /** Median of the trials' loss ratios. */
  medianLossRatio: ratio,
});

export const benchReportSchema = z
  .object({
    schemaVersion: z.literal(schemaVersion),
    kind: z.literal('bench'),
    tool: z.object({ name: z.literal('vdpactl'), version: z.string() }),
    started: z.iso.datetime(),
    workload: z.string(),
    provider: z.string(),
    backend: z.string(),
    wire: z.object({ kind: z.string(), interface: z.string().nullable() }),
    /** Ethernet frame with its check sequence, bytes. */
    frameSize: z.int().positive(),
    /** Queue pairs of the virtio device. */
    queues: z.int().positive(),
    /** Descriptors of each virtio ring. */
    queueSize: z.int().positive(),
    warmupSeconds: z.number().nonnegative(),
    dpdk: z.array(z.object({ role, version: z.string().nullable() })),
    kernel: z.string().nullable(),
    cpu: z.object({ model: z.string().nullable(), count: count.nullable() }),
    /** The CPUs that each process polls on. */
    processes: z.array(z.object({ role, cpus: z.array(z.int().nonnegative()) })),
    hugepages: z.array(z.object({ sizeKiB: z.int().positive(), total: count, free: count })),
    /** null: a local build; then the programs are named by what they hold. */
    imageDigest: z.string().nullable(),
    binaries: z.array(z.object({ name: z.string(), sha256 })),
    trials: z.array(trialSchema).min(1),
    path: pathCountsSchema,
    summary: summarySchema,
    machine: z.object({
      verdict: z.enum(['ok', 'overcommitted', 'noisy']),
      reasons: z.array(z.string()),
      /** One a trial. */
      samples: z.array(machineIntervalSchema),
    }),
    /** What the number holds for, for a reader. The same facts as above, in words. */
    conditions: z.array(z.object({ name: z.string(), value: z.string() })),
    goal: z.object({ minRate: rate, met: z.boolean() }).nullable(),
    /** What was measured and how, in paragraphs. */
    method: z.array(z.string()),
    /** What to keep in mind with this very result. */
    caveats: z.array(z.string()),
  })
  .refine((report) => report.imageDigest !== null || report.binaries.length > 0, {
    error: 'without an image digest the binaries have to be named by their sha256',
    path: ['binaries'],
  });

export type BenchReport = z.infer<typeof benchReportSchema>;
export type Trial = z.infer<typeof trialSchema>;
export type PathCounts = z.infer<typeof pathCountsSchema>;
export type BenchSummary = z.infer<typeof summarySchema>;
