// SPDX-License-Identifier: Apache-2.0
import { hasIds, type NicIds } from './nic-ids.ts';

/** The drivers that make a vDPA device of a NIC. */
export interface VdpaDrivers {
  /** The directory below `drivers/vdpa` of DPDK; null: DPDK has none. */
  readonly dpdk: 'ifc' | 'mlx5' | 'nfp' | 'sfc' | null;
  /** The kernel's module; null: Linux has none. */
  readonly kernel: 'ifcvf' | 'mlx5_vdpa' | 'octep_vdpa' | 'pds_vdpa' | null;
  /** The NIC is a vDPA device as a virtual function only, whichever driver has it. */
  readonly needsVf: boolean;
  /** The kernel's driver takes virtual functions only, though DPDK's may take the physical one too. */
  readonly kernelNeedsVf: boolean;
}

export interface VdpaNic extends VdpaDrivers {
  readonly name: string;
  readonly vendor: string;
  readonly devices: readonly string[];
  /** Subsystem vendor and device, `8086:001a`, where the ids alone say too little. */
  readonly subsystem?: string;
}

/** A virtual function that only one of the two sides drives, or both. */
const virtualFunction = { needsVf: true, kernelNeedsVf: true };

/** First match wins. */
const vdpaNics: readonly VdpaNic[] = [
  {
    name: 'ConnectX-6 Dx or later',
    vendor: '15b3',
    // ConnectX-6 Dx, VF of ConnectX-6 Dx and all that came later, 6 Lx, 7, BlueField-2, 3.
    //   DPDK 22.11 drivers/vdpa/mlx5/mlx5_vdpa.c (mlx5_vdpa_pci_id_map), drivers/common/mlx5/mlx5_common.h
    // ConnectX-6 (101b, 101c) is in that table too and left out here: hardware vDPA is claimed from 6 Dx on. Of what came
    // after ConnectX-7 no table of a vDPA driver has the physical function; their virtual ones are 101e.
    devices: ['101d', '101e', '101f', '1021', 'a2d6', 'a2dc'],
    dpdk: 'mlx5',
    kernel: 'mlx5_vdpa',
    needsVf: false,
    // Linux drivers/net/ethernet/mellanox/mlx5/core/dev.c (mlx5_vnet_supported): never of a physical function.
    kernelNeedsVf: true,
  },
  {
    name: 'IFCVF (FPGA PAC N3000)',
    // Virtio's ids, and only the subsystem tells it from virtio.
    //   DPDK drivers/vdpa/ifc/ifcvf_vdpa.c (pci_id_ifcvf_map), Linux drivers/vdpa/ifcvf/ifcvf_main.c (ifcvf_pci_ids)
    vendor: '1af4',
    devices: ['1041'],
    subsystem: '8086:001a',
    dpdk: 'ifc',
    kernel: 'ifcvf',
    // The tables ask for no virtual function, and a card may show such functions as physical ones.
    needsVf: false,
    kernelNeedsVf: false,
  },
  {
    name: 'IFCVF (IPU C5000X-PL, F2000X-PL)',
    // The same two tables. Their third row, 1af4:1001 with 8086:0002, is a block device.
    vendor: '1af4',
    devices: ['1000'],
    subsystem: '8086:0001',
    dpdk: 'ifc',
    kernel: 'ifcvf',
    needsVf: false,
    kernelNeedsVf: false,
  },
  {
    name: 'EF100 VF',
    // DPDK drivers/vdpa/sfc/sfc_vdpa.c; Linux drivers/net/ethernet/sfc/ef100.c tells it from the physical function, 0100
    vendor: '10ee',
    devices: ['1100'],
    dpdk: 'sfc',
    kernel: null,
    ...virtualFunction,
  },
  {
    name: 'NFP-6000 VF',
    // DPDK drivers/vdpa/nfp/nfp_vdpa.c (pci_id_nfp_vdpa_map): this one alone; NFP-3800 and Corigine's vendor id are network
    // ports only.
    vendor: '19ee',
    devices: ['6003'],
    dpdk: 'nfp',
    kernel: null,
    ...virtualFunction,
  },
  {
    name: 'Pensando vDPA VF',
    // Linux drivers/vdpa/pds/aux_drv.c, include/linux/pds/pds_common.h
    vendor: '1dd8',
    devices: ['100b'],
    dpdk: null,
    kernel: 'pds_vdpa',
    ...virtualFunction,
  },
  {
    name: 'Octeon endpoint VF (CN106K, CN105K, CN103K)',
    // Linux drivers/vdpa/octeon_ep/octep_vdpa.h
    vendor: '177d',
    devices: ['b903', 'ba03', 'bd03'],
    dpdk: null,
    kernel: 'octep_vdpa',
    ...virtualFunction,
  },
];

/** The row of a NIC in the tables of the vDPA drivers; null for ids that are no vDPA NIC's. */
export function vdpaNic(ids: NicIds): VdpaNic | null {
  return vdpaNics.find((row) => hasIds(ids, row)) ?? null;
}

/** The vDPA drivers of DPDK and of Linux for a NIC; null for ids that are no vDPA NIC's. */
export function vdpaDrivers(ids: NicIds): VdpaDrivers | null {
  const found = vdpaNic(ids);
  if (found === null) return null;
  const { dpdk, kernel, needsVf, kernelNeedsVf } = found;
  return { dpdk, kernel, needsVf, kernelNeedsVf };
}
