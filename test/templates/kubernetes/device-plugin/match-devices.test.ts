// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Nic } from '../../../../src/platform/node-report.ts';
import { matchDevices } from '../../../../src/templates/kubernetes/device-plugin/match-devices.ts';
import type { NetDeviceSelectors } from '../../../../src/templates/kubernetes/device-plugin/selectors.ts';
import { nicReport } from '../../../fixtures/reports.ts';

const pf = '0000:17:00.0';
const noSriov = { totalVfs: 0, numVfs: 0, isVf: false, pf: null, vfOffset: null, vfStride: null, vfDevice: null };
const vf = (index: number, change: Partial<Nic> = {}): Nic =>
  nicReport({
    pciAddress: `0000:17:01.${index}`,
    vendor: '8086',
    device: '1889',
    driver: 'vfio-pci',
    netdevs: [],
    kind: 'dpdk',
    sriov: { ...noSriov, isVf: true, pf },
    ...change,
  });

const nics: readonly Nic[] = [
  nicReport({
    pciAddress: pf,
    vendor: '8086',
    device: '1592',
    driver: 'ice',
    netdevs: ['ens1f0'],
    kind: 'dpdk',
    sriov: { ...noSriov, totalVfs: 128, numVfs: 3, vfOffset: 8, vfStride: 1, vfDevice: '1889' },
  }),
  vf(0),
  vf(1, { driver: 'iavf', netdevs: ['ens1f0v1'] }),
  vf(2),
  vf(3, { driver: null }),
  nicReport({ pciAddress: '0000:00:05.0', netdevs: ['eth0'], uplink: true }),
  nicReport({
    pciAddress: '0000:65:00.2',
    vendor: '15b3',
    device: '101e',
    driver: 'mlx5_core',
    netdevs: ['ens3'],
    kind: 'vdpa',
    vdpa: { name: 'vdpa0', mgmtdev: 'pci/0000:65:00.2', path: '/dev/vhost-vdpa-0' },
  }),
  nicReport({
    pciAddress: '0000:66:00.0',
    driver: 'vp-vdpa',
    netdevs: [],
    vdpa: { name: 'vdpa1', mgmtdev: null, path: '/dev/vhost-vdpa-1' },
  }),
  nicReport({
    pciAddress: '0000:67:00.0',
    driver: 'vp-vdpa',
    netdevs: [],
    vdpa: { name: 'vdpa2', mgmtdev: 'pci/0000:67:00.0', path: null },
  }),
];

const [vf0, vf1, vf2] = ['0000:17:01.0', '0000:17:01.1', '0000:17:01.2'];
const others = ['0000:00:05.0', '0000:65:00.2', '0000:66:00.0', '0000:67:00.0'];

describe('a pool of the device plugin has', () => {
  it.each<[string, NetDeviceSelectors, readonly (string | undefined)[]]>([
    ['all but PFs with VFs and what has no driver, where nothing selects', {}, [vf0, vf1, vf2, ...others]],
    ['the same where lists are empty', { vendors: [], drivers: [] }, [vf0, vf1, vf2, ...others]],
    ['what every list names', { vendors: ['8086'], drivers: ['vfio-pci'] }, [vf0, vf2]],
    ['ids in the spelling of sysfs only', { vendors: ['0x8086'] }, []],
    ['ids in lower case only', { devices: ['101E'] }, []],
    ['what stands at an address', { pciAddresses: ['0000:17:01.2', pf] }, [vf2]],
    ['the VFs of an interface', { pfNames: ['ens1f0'] }, [vf0, vf1, vf2]],
    ['the VFs of an interface, whatever the case', { pfNames: ['ENS1F0#0-1'] }, [vf0, vf1]],
    ['a range and a number', { pfNames: ['ens1f0#0,2-7,9'] }, [vf0, vf2]],
    ['by the first item of that name', { pfNames: ['ens1f0#0', 'ens1f0#2'] }, [vf0]],
    ['nothing for what is no range', { pfNames: ['ens1f0#x'] }, []],
    ['what is before something that is no range', { pfNames: ['ens1f0#0,x,2'] }, [vf0]],
    ['nothing for two additions', { pfNames: ['ens1f0#0#1'] }, []],
    ['nothing by the interface of a virtio NIC', { pfNames: ['eth0'] }, []],
    ['a NIC by its own interface', { pfNames: ['ens3'] }, ['0000:65:00.2']],
    ['no VF by its own interface', { pfNames: ['ens1f0v1'] }, []],
    ['the VFs of an address', { rootDevices: [`${pf}#1-2`] }, [vf1, vf2]],
    ['a NIC that is its own root', { rootDevices: ['0000:00:05.0'] }, ['0000:00:05.0']],
    ['vhost-vdpa with a management device', { vdpaType: 'vhost' }, ['0000:65:00.2']],
    ['virtio-vdpa with a management device', { vdpaType: 'virtio' }, ['0000:67:00.0']],
    ['nothing of another vDPA type', { vdpaType: 'vhost-vdpa' }, []],
    ['what has an interface, whatever the link', { linkTypes: ['ether'] }, [vf1, '0000:65:00.2']],
    ['what the report does not tell', { vendors: ['15b3'], isRdma: true, pKeys: ['0x1'] }, ['0000:65:00.2']],
  ])('%s', (_what, selectors, addresses) => {
    expect(matchDevices([selectors], { nics })).toEqual(addresses);
  });

  it('what one of several selectors has', () => {
    expect(matchDevices([{ vendors: ['15b3'] }, { pciAddresses: [vf0] }], { nics })).toEqual([vf0, '0000:65:00.2']);
    expect(matchDevices([], { nics })).toEqual([]);
  });

  it('a VF whose number the report does not tell, because it may be the one', () => {
    const unknown = nics.map((nic) => ({ ...nic, sriov: nic.sriov && { ...nic.sriov, vfOffset: null } }));
    expect(matchDevices([{ pfNames: ['ens1f0#2'] }], { nics: unknown })).toEqual([vf0, vf1, vf2]);
  });
});
