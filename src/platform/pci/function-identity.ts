// SPDX-License-Identifier: Apache-2.0
import { parseHex } from '../fields.ts';
import type { Note } from '../note.ts';
import type { RootFs } from '../root-fs.ts';
import type { NicIds } from './nic-ids.ts';

export interface FunctionIdentity extends NicIds {
  /** Six hex digits. */
  readonly class: string;
}

/**
 * What a PCI function is: of its `uevent`, where the kernel says it all at once, and otherwise of a file for each. null where
 * its ids cannot be read; `isNic` false for what is no network controller (class 02xxxx), of which nothing more is read.
 */
export function readFunctionIdentity(
  fs: RootFs,
  dir: string,
  note: Note,
): { readonly isNic: false } | { readonly isNic: true; readonly identity: FunctionIdentity | null } {
  const told = parsePciUevent(fs.readText(`${dir}/uevent`) ?? '');
  if (told !== null) return told.class.startsWith('02') ? { isNic: true, identity: told } : { isNic: false };
  const classCode = parseHex(fs.readText(`${dir}/class`), 6);
  if (classCode === null) note(`pci ${dir.slice(dir.lastIndexOf('/') + 1)} class`, `${dir}/class`, null);
  if (classCode?.startsWith('02') !== true) return { isNic: false };
  const id = (file: string) => parseHex(fs.readText(`${dir}/${file}`), 4);
  const [vendor, device] = [id('vendor'), id('device')];
  if (vendor === null || device === null) return { isNic: true, identity: null };
  const [subsystemVendor, subsystemDevice] = [id('subsystem_vendor'), id('subsystem_device')];
  return { isNic: true, identity: { vendor, device, subsystemVendor, subsystemDevice, class: classCode } };
}

/** The `uevent` of a PCI function (Linux drivers/pci/pci-driver.c, pci_uevent); null unless it has all of class and ids. */
export function parsePciUevent(text: string): FunctionIdentity | null {
  if (text.length > 4096) return null;
  // The class is printed without its leading zeros.
  const classCode = /^PCI_CLASS=([0-9A-F]{1,6})$/m.exec(text)?.[1];
  const [, vendor, device] = /^PCI_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(text) ?? [];
  const [, subVendor, subDevice] = /^PCI_SUBSYS_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(text) ?? [];
  if (!classCode || !vendor || !device || !subVendor || !subDevice) return null;
  return {
    vendor: vendor.toLowerCase(),
    device: device.toLowerCase(),
    subsystemVendor: subVendor.toLowerCase(),
    subsystemDevice: subDevice.toLowerCase(),
    class: classCode.padStart(6, '0').toLowerCase(),
  };
}
