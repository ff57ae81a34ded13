// SPDX-License-Identifier: Apache-2.0

/** How what kubelet was told differs from what there is. */
export interface PluginGap {
  /** Devices that pods could have, and kubelet knows nothing of. */
  readonly missing: readonly string[];
  /** Devices that kubelet would give to pods, and are not given away here. */
  readonly surplus: readonly string[];
}

/** A device that the node offers, and whether pods could have it now. */
export interface OfferedDevice {
  readonly device: string;
  readonly running: boolean;
}

/** null: there is no difference. One whose backend does not run is missed by nobody, and no surprise either. Pure. */
export function pluginGap(offered: readonly OfferedDevice[], known: ReadonlySet<string>): PluginGap | null {
  const missing = offered.flatMap(({ device, running }) => (running && !known.has(device) ? [device] : []));
  const devices = new Set(offered.map(({ device }) => device));
  const surplus = [...known].filter((device) => !devices.has(device));
  return missing.length === 0 && surplus.length === 0 ? null : { missing: missing.sort(), surplus: surplus.sort() };
}

/** `0000:03:00.0 has come`, `0000:02:00.0 has gone`. */
export function gapWords({ missing, surplus }: PluginGap): string {
  return [
    ...(missing.length === 0 ? [] : [`${missing.join(', ')} came`]),
    ...(surplus.length === 0 ? [] : [`${surplus.join(', ')} went`]),
  ].join(', ');
}
