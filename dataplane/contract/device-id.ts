// SPDX-License-Identifier: Apache-2.0

const pciAddressPattern = /^(?:([0-9a-f]{4}):)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])$/;
const deviceIdPattern = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * A PCI address in full, lower case (`0000:03:00.0`), or the id of a device that is not on PCI (`local0`); null for
 * what is neither. The domain may be left out, as lspci does.
 */
export function parseDeviceId(text: string): string | null {
  const lower = text.toLowerCase();
  const pci = pciAddressPattern.exec(lower);
  if (pci !== null) return `${pci[1] ?? '0000'}:${pci[2]}`;
  return deviceIdPattern.test(text) ? text : null;
}

/** Whether this is a PCI address or device id in the one spelling that is used everywhere. */
export function isDeviceId(text: string): boolean {
  return parseDeviceId(text) === text;
}
