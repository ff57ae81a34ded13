// SPDX-License-Identifier: Apache-2.0

export interface FakeInterface {
  name: string;
  up: boolean;
  mtu: number;
}

export interface FakeDevice {
  ids: string;
  driver: string | null;
  override: string | null;
  /** The interface that a network driver makes of it; its settings are those of a new one when it is made. */
  interface: FakeInterface | null;
  interfaceName: string;
  uplink: boolean;
  group: number | null;
  numaNode: number | null;
  sriov: { total: number; num: number; autoprobe: '0' | '1'; offset: number; stride: number; vfIds: string } | null;
  pf: string | null;
}

/** Everything that the fake knows: plain data, so that a test can keep and compare it. */
export interface FakeState {
  bootId: string;
  /** Loaded modules, and those on disk with the modules that each needs. */
  loaded: string[];
  modules: Record<string, string[]>;
  /** PCI drivers by name: the module that brings each and the ids that it takes by itself. */
  drivers: Record<string, { module: string; takes: string[]; makesInterface: boolean }>;
  noIommu: 'Y' | 'N';
  /** One a NUMA node, of 2 MiB pages: how many there could be at most, are, and are in use. */
  pools: { most: number; total: number; used: number }[];
  devices: Record<string, FakeDevice>;
  mgmtdevs: string[];
  vdpa: Record<string, { mgmtdev: string; driver: string | null; override: string | null }>;
  /** Whether virtio_vdpa is the first to take new vDPA devices. */
  virtioVdpaFirst: boolean;
  /** Device files that a process has open. */
  open: string[];
}

export class Refusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The real kernel would wait here for whoever has the device open, and nothing could interrupt it. */
export function blocked(device: string): Error {
  return new Error(`the kernel would block: ${device} is open`);
}
