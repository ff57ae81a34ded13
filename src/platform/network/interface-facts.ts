// SPDX-License-Identifier: Apache-2.0
import { parseMac } from '../fields.ts';
import { connectionEnv, openSystem, type ProbeOptions } from '../probe.ts';
import { isUp } from './ipv4-addresses.ts';
import { readUplinks } from './uplink.ts';

export interface InterfaceFacts {
  readonly exists: boolean;
  /** Set up by someone (IFF_UP), with carrier or without. */
  readonly up: boolean;
  readonly mac: string | null;
  readonly uplink: boolean;
  /** What makes it an uplink; empty when it is none. */
  readonly reasons: readonly string[];
}

/**
 * The facts about any network interface, on PCI or not (veth, bridge, bond): above all whether it is an uplink, by the
 * same rules as for a NIC.
 * @throws VdpaError VDPA-PLATFORM-001 when there is no system below the root.
 */
export function interfaceFacts(name: string, options: ProbeOptions = {}): InterfaceFacts {
  const fs = openSystem(options.root ?? '/');
  // What the kernel takes for a name; anything else would be a path.
  const exists = /^[^\s/:]{1,15}$/.test(name) && !/^\.{1,2}$/.test(name) && fs.exists(`sys/class/net/${name}/flags`);
  if (!exists) return { exists, up: false, mac: null, uplink: false, reasons: [] };
  const reasons = readUplinks(fs, connectionEnv(fs, options.env)).reasons(name);
  return {
    exists,
    up: isUp(fs, name),
    mac: parseMac(fs.readText(`sys/class/net/${name}/address`)),
    uplink: reasons.length > 0,
    reasons: reasons.map(({ text }) => text),
  };
}
