// SPDX-License-Identifier: Apache-2.0

/** What a PCI function says that it is: four lower-case hex digits each. */
export interface NicIds {
  readonly vendor: string;
  readonly device: string;
  readonly subsystemVendor: string | null;
  readonly subsystemDevice: string | null;
}

/** Whether a function is one of a table's: by vendor and device, and by subsystem where these alone say too little. */
export function hasIds(
  ids: NicIds,
  row: { readonly vendor: string; readonly devices: readonly string[]; readonly subsystem?: string },
): boolean {
  if (row.vendor !== ids.vendor || !row.devices.includes(ids.device)) return false;
  return row.subsystem === undefined || row.subsystem === `${ids.subsystemVendor}:${ids.subsystemDevice}`;
}
