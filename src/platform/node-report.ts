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
    /** The online CPUs of each NUMA node; empty where the kernel says nothing of nodes. */
    byNumaNode: z.array(z.object({ numaNode: z.int().nonnegative(), cpus: z.array(z.int().nonnegative()) })),
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
  /** Whether VFIO may hand out devices that no IOMMU isolates (`enable_unsafe_noiommu_mode`); null where VFIO is not loaded. */
  vfioNoIommu: z.boolean().nullable(),
  vdpa: z.object({
    /** As `vdpa mgmtdev show` names them: `pci/0000:65:00.2`, `vduse`, `vdpasim_net`. */
    managementDevices: z.array(z.object({ name: z.string(), pciAddress: z.string().nullable() })),
    /** Every device on the vDPA bus. Software devices (VDUSE, the simulator) have no PCI address. */
    devices: z.array(
      z.object({
        name: z.string(),
        /** `vhost_vdpa`, `virtio_vdpa`, or null where no bus driver has it. */
        driver: z.string().nullable(),
        /** `/dev/vhost-vdpa-0`, where vhost_vdpa has it. */
        path: z.string().nullable(),
        pciAddress: z.string().nullable(),
        /** null: the driver made it by itself (eni_vdpa), so it cannot be managed. */
        mgmtdev: z.string().nullable(),
      }),
    ),
    /** VDUSE devices that a process offers (`/dev/vduse/NAME`), whether or not a vDPA device was made of them. */
    vduse: z.array(z.string()),
  }),
  cni: z.object({
    /** The files in `/etc/cni/net.d`, sorted: the runtime takes the first. */
    configFiles: z.array(z.string()),
    /** `thick`: shim and daemon. `thin`: the plugin alone. null: there is none. */
    multus: z.enum(['thick', 'thin']).nullable(),
  }),
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
      /** Of a physical function: where its virtual functions appear, as routing-id distances (SR-IOV capability). */
      vfOffset: z.int().nonnegative().nullable(),
      vfStride: z.int().nonnegative().nullable(),
      /** The device id that its virtual functions will have. */
      vfDevice: hex4.nullable(),
    })
    .nullable(),
  vdpa: z.object({ name: z.string(), mgmtdev: z.string().nullable(), path: z.string().nullable() }).nullable(),
  /** Of an ENA, the numbers of the prefetchable memory BARs: only these can be mapped write-combined, as its LLQ needs. */
  prefetchableBars: z.array(z.int().min(0).max(5)),
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
/** Who the cloud says the machine is. */
export type Cloud = NonNullable<NodeFacts['cloud']>;
export type Nic = z.infer<typeof nicSchema>;
export type NodeReport = z.infer<typeof nodeReportSchema>;
