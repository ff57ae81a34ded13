// SPDX-License-Identifier: Apache-2.0

/**
 * Kernel drivers that make no network interface of a function: they hand it to a program or make a vDPA device of it. An
 * uplink is never bound to one of them, so that vendor, device and driver are enough to tell a function from an uplink.
 */
const driversWithoutInterface: readonly string[] = [
  'vfio-pci',
  'uio_pci_generic',
  'igb_uio',
  'vp-vdpa',
  'ifcvf',
  'octep_vdpa',
];

export function handsToUserSpace(driver: string): boolean {
  return driversWithoutInterface.includes(driver);
}
