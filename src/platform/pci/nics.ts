// SPDX-License-Identifier: Apache-2.0
import { parseCount, parseMac, pciAddressPattern } from '../fields.ts';
import { readUplinks, type UplinkReason, type Uplinks } from '../network/uplink.ts';
import type { Nic, NodeFacts } from '../node-report.ts';
import type { Note } from '../note.ts';
import type { RootFs } from '../root-fs.ts';
import { readPrefetchableBars } from './bars.ts';
import { readFunctionIdentity } from './function-identity.ts';
import { kindOf } from './nic-kind.ts';
import { indexNetdevs, type NicNetdevs } from './nic-netdevs.ts';
import { readSriov } from './sriov.ts';

const pciDir = 'sys/bus/pci/devices';

/** Every PCI function that is a network controller (class 02xxxx), in the order of the addresses. */
export function readNics(
  fs: RootFs,
  env: NodeJS.ProcessEnv,
  vdpaDevices: NodeFacts['vdpa']['devices'],
  note: Note,
): Nic[] {
  const addresses = fs.list(pciDir).filter((name) => pciAddressPattern.test(name));
  if (addresses.length === 0) note('pci devices', pciDir, fs.exists(pciDir) ? 'none' : null);
  const found = addresses.flatMap((pciAddress) => {
    const verdict = readFunctionIdentity(fs, `${pciDir}/${pciAddress}`, note);
    return verdict.isNic ? [{ pciAddress, ids: verdict.identity }] : [];
  });
  const uplinks = readUplinks(fs, env);
  for (const { text, source } of uplinks.doubts) note('uplinks', source, text);
  const netdevs = indexNetdevs(fs);

  const nics: Nic[] = [];
  const reasonsByAddress = new Map<string, readonly UplinkReason[]>();
  for (const { pciAddress, ids } of found) {
    const dir = `${pciDir}/${pciAddress}`;
    if (ids === null) {
      // Without ids nothing can be decided about it, and what is not reported is not offered.
      note(`nic ${pciAddress}`, dir, null);
      continue;
    }
    const own = netdevs.of(pciAddress);
    const driver = fs.linkName(`${dir}/driver`);
    const vdpa = vdpaOf(vdpaDevices, pciAddress);
    const verdict = kindOf(ids);
    // An id that no table knows, but the kernel made a vDPA device of it.
    const kind = verdict.kind === 'other' && vdpa !== null ? 'vdpa' : verdict.kind;
    note(`nic ${pciAddress}`, dir, `${ids.vendor}:${ids.device} class ${ids.class}, driver ${driver ?? 'none'}`);
    note(`nic ${pciAddress} kind`, 'PCI ids', `${kind}: ${kind === verdict.kind ? verdict.why : 'has a vDPA device'}`);
    reasonsByAddress.set(pciAddress, uplinkReasons(uplinks, own, driver, pciAddress));
    nics.push({
      pciAddress,
      ...ids,
      driver,
      netdevs: [...own.names],
      mac: firstMac(fs, own.names),
      numaNode: parseCount(fs.readText(`${dir}/numa_node`)),
      iommuGroup: parseCount(fs.linkName(`${dir}/iommu_group`)),
      sriov: readSriov(fs, dir),
      vdpa,
      // A read for each of hundreds of functions, which nothing asks for but the checks of ENA.
      prefetchableBars: kind === 'ena' ? readPrefetchableBars(fs, dir) : [],
      uplink: false,
      uplinkReasons: [],
      kind,
    });
  }
  addVirtualFunctions(nics, reasonsByAddress);
  return nics.map((nic) => {
    const reasons = reasonsByAddress.get(nic.pciAddress) ?? [];
    for (const { text, source } of reasons) note(`nic ${nic.pciAddress} uplink`, source, text);
    return { ...nic, uplink: reasons.length > 0, uplinkReasons: reasons.map(({ text }) => text) };
  });
}

/** Of several vDPA devices of a function, the first by name. */
function vdpaOf(devices: NodeFacts['vdpa']['devices'], pciAddress: string): Nic['vdpa'] {
  const device = devices.find((candidate) => candidate.pciAddress === pciAddress);
  return device === undefined ? null : { name: device.name, mgmtdev: device.mgmtdev, path: device.path };
}

function firstMac(fs: RootFs, netdevs: readonly string[]): string | null {
  for (const netdev of netdevs) {
    const mac = parseMac(fs.readText(`sys/class/net/${netdev}/address`));
    if (mac !== null) return mac;
  }
  return null;
}

/** Drivers that make no interface of a device, here or in another namespace: they keep it for user space, a guest or vDPA. */
const driversWithoutInterface = [
  'vfio-pci',
  'uio_pci_generic',
  'igb_uio',
  'pci-stub',
  'xen-pciback',
  'vp-vdpa',
  'ifcvf',
  'alibaba-eni-vdpa',
  'octep_vdpa',
];

function uplinkReasons(
  uplinks: Uplinks,
  netdevs: NicNetdevs,
  driver: string | null,
  pciAddress: string,
): readonly UplinkReason[] {
  const reasons = netdevs.names.flatMap((name) => uplinks.reasons(name));
  if (reasons.length > 0) return reasons;
  if (netdevs.elsewhere) {
    const source = `${pciDir}/${pciAddress}`;
    return [{ source, text: 'cannot be ruled out: its interface is in another network namespace' }];
  }
  const mayHaveInterface = netdevs.names.length === 0 && driver !== null && !driversWithoutInterface.includes(driver);
  return mayHaveInterface ? uplinks.doubts : [];
}

/** To bind or reset a physical function ends its virtual ones, so that it shares the fate of an uplink among them. */
function addVirtualFunctions(nics: readonly Nic[], reasonsByAddress: Map<string, readonly UplinkReason[]>): void {
  for (const { pciAddress, sriov } of nics) {
    const pf = sriov?.pf ?? null;
    if (pf === null || (reasonsByAddress.get(pciAddress) ?? []).length === 0) continue;
    const reason = { source: `${pciDir}/${pciAddress}`, text: `its virtual function ${pciAddress} is an uplink` };
    reasonsByAddress.set(pf, [...(reasonsByAddress.get(pf) ?? []), reason]);
  }
}
