// SPDX-License-Identifier: Apache-2.0

/** The kinds of pools that the SR-IOV network device plugin knows. */
export const deviceTypes = ['netDevice', 'accelerator', 'auxNetDevice'] as const;
export type DeviceType = (typeof deviceTypes)[number];

/** Keys of a pool, in the words of the device plugin's `config.json`. */
export const knownPoolKeys = [
  'resourceName',
  'resourcePrefix',
  'deviceType',
  'excludeTopology',
  'selectors',
  'additionalInfo',
] as const;

/** The selectors of network functions that are lists, in the order in which the plugin narrows a pool by them. */
export const listSelectorKeys = [
  'vendors',
  'devices',
  'drivers',
  'pciAddresses',
  'acpiIndexes',
  'pfNames',
  'rootDevices',
  'linkTypes',
  'ddpProfiles',
  'pKeys',
] as const;

/**
 * The selectors of each kind of pool, in the order in which the plugin narrows a pool by them. What it does not know it
 * ignores without a word, so that a misspelt selector makes a pool wider.
 */
export const knownSelectorKeys = {
  netDevice: [...listSelectorKeys, 'isRdma', 'needVhostNet', 'vdpaType'],
  accelerator: ['vendors', 'devices', 'drivers', 'pciAddresses'],
  auxNetDevice: [
    'vendors',
    'devices',
    'drivers',
    'acpiIndexes',
    'pfNames',
    'rootDevices',
    'linkTypes',
    'auxTypes',
    'isRdma',
  ],
} as const satisfies Record<DeviceType, readonly string[]>;

/** What selects network functions. A list that is left out or empty narrows nothing. */
export interface NetDeviceSelectors {
  readonly vendors?: readonly string[];
  readonly devices?: readonly string[];
  readonly drivers?: readonly string[];
  readonly pciAddresses?: readonly string[];
  readonly acpiIndexes?: readonly string[];
  /** Interface of the physical function, maybe with virtual functions: `ens1f0#0,2-7`. */
  readonly pfNames?: readonly string[];
  /** PCI address of the physical function, with the same addition. */
  readonly rootDevices?: readonly string[];
  readonly linkTypes?: readonly string[];
  readonly ddpProfiles?: readonly string[];
  readonly pKeys?: readonly string[];
  readonly isRdma?: boolean;
  readonly needVhostNet?: boolean;
  readonly vdpaType?: string;
}

export interface ResourcePool {
  readonly resourceName: string;
  readonly resourcePrefix?: string;
  readonly deviceType?: DeviceType;
  /** The plugin also takes a list of them, but only in its later versions. */
  readonly selectors: NetDeviceSelectors;
}

/** The content of `config.json`. */
export interface DevicePluginConfig {
  readonly resourceList: readonly ResourcePool[];
}
