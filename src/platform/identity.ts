// SPDX-License-Identifier: Apache-2.0
import { cloudsByFirmware } from './cloud/firmware-clouds.ts';
import { parseLabel } from './fields.ts';
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

/** The node's name, kernel release and architecture as `uname` spells it. */
export function readIdentity(fs: RootFs, note: Note): Pick<NodeFacts, 'name' | 'kernel' | 'arch'> {
  return {
    name: firstLabel(fs, note, 'name', ['proc/sys/kernel/hostname', 'etc/hostname']),
    kernel: firstLabel(fs, note, 'kernel', ['proc/sys/kernel/osrelease']),
    arch: readArch(fs, note),
  };
}

function firstLabel(fs: RootFs, note: Note, claim: string, paths: readonly [string, ...string[]]): string | null {
  for (const path of paths) {
    const label = parseLabel(fs.readText(path));
    if (label === null) continue;
    note(claim, path, label);
    return label;
  }
  note(claim, paths[0], null);
  return null;
}

function readArch(fs: RootFs, note: Note): string | null {
  const path = 'proc/sys/kernel/arch';
  const label = parseLabel(fs.readText(path));
  // Kernels before 6.1 have no such file; a captured tree must not be given the architecture of the reader.
  const told = label === null ? parseLabel(fs.told?.machine() ?? null) : null;
  if (told !== null) {
    note('arch', 'uname', told);
    return told;
  }
  note('arch', path, label);
  return label;
}

const dmiDir = 'sys/class/dmi/id';

/** What the firmware calls the machine. */
export function readDmi(fs: RootFs, note: Note): NodeFacts['dmi'] {
  const field = (claim: string, file: string) => {
    const label = parseLabel(fs.readText(`${dmiDir}/${file}`));
    note(`dmi ${claim}`, `${dmiDir}/${file}`, label);
    return label;
  };
  const dmi = {
    sysVendor: field('sysVendor', 'sys_vendor'),
    productName: field('productName', 'product_name'),
    chassisAssetTag: field('chassisAssetTag', 'chassis_asset_tag'),
  };
  noteCloudHint(dmi, note);
  return dmi;
}

/** The firmware names a cloud, which is a hint: an identity needs the cloud's metadata service. */
function noteCloudHint(dmi: NodeFacts['dmi'], note: Note): void {
  for (const { cloud, file, value } of cloudsByFirmware(dmi)) {
    note('cloud, by firmware', `${dmiDir}/${file}`, `${cloud} (${value})`);
  }
}
