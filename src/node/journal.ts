// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../schema-version.ts';

/** The PCI ids of a function: tells whether the same card still sits at its address. */
const ids = z.string();

const interfaceSchema = z.object({
  name: z.string(),
  mac: z.string().nullable(),
  /** Set up by someone (IFF_UP). */
  up: z.boolean(),
  /** Bytes; null where sysfs did not say. */
  mtu: z.int().nullable(),
});

const entrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load-module'),
    module: z.string(),
    /** The modules that were not loaded before, in the order of loading. */
    added: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('reserve-hugepages'),
    sizeKiB: z.int(),
    numaNode: z.int().nullable(),
    /** Pages for all the devices. */
    needed: z.int(),
    /** Pages asked of the kernel, over all `pools`. */
    total: z.int(),
    /** The folder of each pool that the step may change, and its pages before. */
    pools: z.array(z.object({ path: z.string(), before: z.int() })),
  }),
  z.object({
    kind: z.literal('create-vfs'),
    pf: z.string(),
    ids,
    /** The PCI ids that the virtual functions have; null where the kernel did not say. */
    vfIds: ids.nullable(),
    /** The modules that were loaded before: udev loads the driver of new virtual functions by itself. */
    loaded: z.array(z.string()),
    count: z.int(),
    before: z.int(),
    /** `sriov_drivers_autoprobe` before; null where the kernel has no such file. */
    autoprobe: z.string().nullable(),
  }),
  z.object({ kind: z.literal('enable-noiommu'), before: z.string() }),
  z.object({
    kind: z.literal('bind'),
    pciAddress: z.string(),
    ids,
    /** The drivers that it was bound to since. */
    to: z.array(z.string()),
    before: z.object({
      driver: z.string().nullable(),
      /** The module of that driver; null where it is part of the kernel. */
      module: z.string().nullable(),
      /** `driver_override`; null: not set. */
      override: z.string().nullable(),
      interfaces: z.array(interfaceSchema),
    }),
  }),
  z.object({
    kind: z.literal('create-vdpa'),
    name: z.string(),
    mgmtdev: z.string(),
    pciAddress: z.string().nullable(),
  }),
]);

/** What was done to the node since it was booted, each entry written before the step that it belongs to. */
export const journalSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('NodeJournal'),
  bootId: z.string(),
  entries: z.array(entrySchema),
});

export type Journal = z.infer<typeof journalSchema>;
export type JournalEntry = Journal['entries'][number];
export type EntryOf<Kind extends JournalEntry['kind']> = Extract<JournalEntry, { kind: Kind }>;
export type InterfaceBefore = z.infer<typeof interfaceSchema>;
