// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeReport } from '../../src/platform/node-report.ts';
import { nicReport, nodeReport } from '../fixtures/reports.ts';
import type { FakeMachine } from './fake-machine.ts';
import type { FakeDevice } from './fake-state.ts';

/** What the probe would say of the machine. */
export function reportOf(machine: FakeMachine): NodeReport {
  const { state } = machine;
  const nics = Object.entries(state.devices).map(([pciAddress, device]): Nic => {
    const [vendor = '', id = ''] = device.ids.split(':');
    const uplink = machine.isUplink(pciAddress);
    return nicReport({
      pciAddress,
      vendor,
      device: id,
      driver: device.driver,
      netdevs: device.interface === null ? [] : [device.interface.name],
      mac: null,
      numaNode: device.numaNode,
      iommuGroup: device.group,
      kind: 'dpdk',
      sriov: sriovOf(device),
      uplink,
      uplinkReasons: uplink ? [`${device.interfaceName} has an address`] : [],
    });
  });
  const hugepages = state.pools.map(({ total, used }, numaNode) => ({
    sizeKiB: 2048,
    numaNode,
    total,
    free: total - used,
  }));
  const modules = Object.fromEntries(
    Object.keys(state.modules).map((name) => [name, state.loaded.includes(name) ? 'loaded' : 'available'] as const),
  );
  const vfioNoIommu = state.loaded.includes('vfio') ? state.noIommu === 'Y' : null;
  const devices = Object.entries(state.vdpa).map(([name, { mgmtdev, driver }]) => {
    return { name, driver, path: null, pciAddress: /^pci\/(.+)/.exec(mgmtdev)?.[1] ?? null, mgmtdev };
  });
  const vdpa = { managementDevices: [], devices, vduse: [] };
  return nodeReport({ node: { hugepages, modules, vfioNoIommu, vdpa }, nics });
}

function sriovOf({ sriov, pf }: FakeDevice): Nic['sriov'] {
  const none = { vfOffset: null, vfStride: null, vfDevice: sriov?.vfIds.split(':')[1] ?? null };
  if (pf !== null) return { totalVfs: 0, numVfs: 0, isVf: true, pf, ...none };
  return sriov === null ? null : { totalVfs: sriov.total, numVfs: sriov.num, isVf: false, pf: null, ...none };
}
