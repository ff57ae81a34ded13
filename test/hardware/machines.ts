// SPDX-License-Identifier: Apache-2.0
import type { Machine } from './helpers/machine.ts';

/** An instance with two virtio NICs whose data path is hardware, as on the bare-metal instances of Alibaba Cloud. */
export const alibaba: Machine = {
  name: 'alibaba',
  firmware: { vendor: 'Alibaba Cloud', product: 'Alibaba Cloud ECS' },
  disk: 'virtio-blk-pci',
  uplink: 'virtio-net-pci',
  nics: [{ name: 'data0', model: 'virtio-net-pci', mac: '52:54:00:00:02:01' }],
};

/**
 * An instance with an NVMe disk and two NICs of one kind, with a DPDK driver and no virtio. QEMU has no Elastic Network
 * Adapter: e1000e stands for it.
 */
export const aws: Machine = {
  name: 'aws',
  firmware: { vendor: 'Amazon EC2', product: 'c5n.metal', assetTag: 'Amazon EC2' },
  disk: 'nvme',
  uplink: 'e1000e',
  nics: [{ name: 'data0', model: 'e1000e', mac: '52:54:00:00:02:01' }],
};

/** A server with a NIC that has virtual functions. */
export const baremetalSriov: Machine = {
  name: 'baremetal-sriov',
  firmware: { vendor: 'Supermicro', product: 'SYS-1029U-TR4' },
  disk: 'nvme',
  uplink: 'e1000e',
  nics: [{ name: 'data0', model: 'igb', mac: '52:54:00:00:02:01' }],
};

/** A server with kernel vDPA: a program that makes VDUSE devices stands for a NIC that does. */
export const baremetalVdpa: Machine = {
  name: 'baremetal-vdpa',
  firmware: { vendor: 'Dell Inc.', product: 'PowerEdge R650' },
  disk: 'nvme',
  uplink: 'e1000e',
  nics: [{ name: 'data0', model: 'vmxnet3', mac: '52:54:00:00:02:01' }],
};

export const machines: readonly Machine[] = [alibaba, aws, baremetalSriov, baremetalVdpa];
