// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

const nicSelector = z
  .string()
  .regex(/^(?:[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]|[0-9a-f]{4}:[0-9a-f]{4}|[a-z][a-z0-9-]{0,30})$/)
  .meta({ title: 'a PCI address (0000:65:00.2), PCI ids (15b3:101e) or the name of a vDPA device (vd0)' });

export const nicsConfigSchema = z.strictObject({
  include: z
    .array(nicSelector)
    .min(1)
    .nullable()
    .default(null)
    .describe('The NICs to give away; null: all that fit. An uplink stays one, whatever stands here.')
    .meta({ examples: [['0000:65:00.2', '15b3:101e']] }),
  exclude: z
    .array(nicSelector)
    .default([])
    .describe('NICs to leave alone.')
    .meta({ examples: [['0000:65:00.3']] }),
  virtualFunctions: z
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe('Virtual functions to make on each physical function that has none and is no uplink; 0: none are made.'),
  roomFor: z
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe(
      'So many devices the backends of a node have room for (huge pages, CPUs), even if it has fewer now: one that comes while the node runs is given away without a restart. Backend vhost-vdpa needs no room.',
    ),
  driver: z
    .enum(['vfio-pci', 'uio_pci_generic', 'igb_uio'])
    .default('vfio-pci')
    .describe('The kernel driver that hands a NIC to a DPDK program.'),
  queues: z.int().min(1).max(8).default(1).describe('Queue pairs of each device.'),
  queueSize: z.literal([256, 512, 1024]).default(1024).describe('Descriptors of each virtio ring.'),
  cpus: z
    .array(z.int().min(0).max(1023))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Linux CPUs that the backends of this machine poll on (deploy --target machine), in the order of the devices; when they are fewer, they are shared in turn. null: vdpactl chooses.',
    )
    .meta({ examples: [[2, 3]] }),
  noIommu: z
    .enum(['auto', 'allow', 'deny'])
    .default('auto')
    .describe(
      "Whether a NIC that no IOMMU isolates may be given away (VFIO's no-IOMMU mode: its user can read and write all memory). auto: on clouds, whose virtual machines mostly have none.",
    ),
});

export const memoryConfigSchema = z.strictObject({
  pageSizeKiB: z
    .literal([2048, 1048576])
    .default(2048)
    .describe('Size of the huge pages, KiB. Pages of 1 GiB mostly have to be set aside at boot.'),
  backendMiB: z.int().min(64).max(16384).default(256).describe('Huge-page memory of the backend of each device, MiB.'),
  workloadMiB: z
    .int()
    .min(0)
    .max(1048576)
    .default(1024)
    .describe('Huge-page memory that workloads may take for each device, MiB.'),
});
