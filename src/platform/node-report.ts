// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { schemaVersion } from '../schema-version.ts';

const hex4 = z.string().regex(/^[0-9a-f]{4}$/);

/** Where a fact was read: a path below the root, or the address of a metadata service. */
export const evidenceSchema = z.object({ claim: z.string(), source: z.string(), value: z.string().nullable() });

export const nodeSchema = z.object({
  name: z.string().nullable(),
  kernel: z.string().nullable(),
  arch: z.string().nullable(),
  dmi: z.object({
    sysVendor: z.string().nullable(),
    productName: z.string().nullable(),
    chassisAssetTag: z.string().nullable(),
  }),
  cloud: z
    .object({
      name: z.enum(['aws', 'alibaba']),
      instanceId: z.string().nullable(),
      instanceType: z.string().nullable(),
      region: z.string().nullable(),
      zone: z.string().nullable(),
      source: z.string(),
    })
    .nullable(),
  iommu: z.object({ enabled: z.boolean(), groups: z.int().nonnegative() }),
  cpus: z.object({
    /** Linux CPU numbers, ascending. */
    online: z.array(z.int().nonnegative()),
    isolated: z.array(z.int().nonnegative()),
    numaNodes: z.int().nonnegative(),
  }),
  hugepages: z.array(
    z.object({
      sizeKiB: z.int().positive(),
      /** null where the kernel keeps no count by NUMA node. */
      numaNode: z.int().nonnegative().nullable(),
      total: z.int().nonnegative(),
      free: z.int().nonnegative(),
    }),
  ),
  modules: z.record(z.string(), z.enum(['loaded', 'available', 'builtin', 'missing'])),
});

export const nicSchema = z.object({
  pciAddress: z.string(),
  vendor: hex4,
  device: hex4,
  subsystemVendor: hex4.nullable(),
  subsystemDevice: hex4.nullable(),
  /** The PCI class code, six hex digits: `020000` is an Ethernet controller. */
  class: z.string(),
  driver: z.string().nullable(),
  netdevs: z.array(z.string()),
  mac: z.string().nullable(),
  numaNode: z.int().nonnegative().nullable(),
  iommuGroup: z.int().nonnegative().nullable(),
  sriov: z
    .object({
      totalVfs: z.int().nonnegative(),
      numVfs: z.int().nonnegative(),
      isVf: z.boolean(),
      pf: z.string().nullable(),
    })
    .nullable(),
  vdpa: z.object({ name: z.string(), mgmtdev: z.string().nullable(), path: z.string().nullable() }).nullable(),
  uplink: z.boolean(),
  uplinkReasons: z.array(z.string()),
  kind: z.enum(['vdpa', 'virtio', 'ena', 'dpdk', 'other']),
});

/** The facts about a node (`node`, `nics`) and where each was read (`evidence`). No judgement. */
export const nodeReportSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  node: nodeSchema,
  nics: z.array(nicSchema),
  evidence: z.array(evidenceSchema),
});

export type Evidence = z.infer<typeof evidenceSchema>;
export type NodeFacts = z.infer<typeof nodeSchema>;
export type Nic = z.infer<typeof nicSchema>;
export type NodeReport = z.infer<typeof nodeReportSchema>;
