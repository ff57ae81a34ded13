// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { formatTold, keptTold, parseTold, type Told } from '../../../src/platform/capture/told.ts';
import { probeSystem } from '../../../src/platform/probe.ts';
import { openTree, openWalking } from '../../../src/platform/root-fs.ts';
import { createMemoryTree, type MemoryTree } from '../../../src/platform/tree/memory-tree.ts';
import { base } from '../../fixtures/node-tree.ts';

const kept = {
  machine: 'x86_64',
  sshConnection: '192.0.2.9 50000 192.0.2.2 22',
  ipv4Addresses: [
    { iface: 'eth0', address: '192.0.2.2', source: 'getifaddrs' },
    { iface: 'eth1', address: '192.0.2.3', source: 'ip address' },
  ],
  ipv4FurtherRoutes: [{ iface: 'eth1', table: '11', isDefault: true }],
  cloud: { cloud: null, evidence: [{ claim: 'cloud aws', source: 'http://169.254.169.254', value: null }] },
};

it('comes back from its file as it was', () => {
  const told = parseTold(formatTold(kept, { version: '1.2.3', time: new Date(0) }), 'x');
  expect(told.machine()).toBe('x86_64');
  expect(told.runningAddresses()).toEqual(kept.ipv4Addresses.slice(0, 1));
  expect(told.allAddresses()).toEqual(kept.ipv4Addresses.slice(1));
  expect(told.furtherRoutes()).toEqual(kept.ipv4FurtherRoutes);
  expect(told.sshConnection).toBe(kept.sshConnection);
  expect(told.cloud).toEqual(kept.cloud);
});

it('tells that nobody asked from that there are no addresses', () => {
  const addresses = (ipv4Addresses: [] | null) =>
    parseTold(formatTold({ ...kept, ipv4Addresses }, { version: '1', time: new Date(0) }), 'x').runningAddresses();
  expect(addresses(null)).toBeNull();
  expect(addresses([])).toEqual([]);
});

it('the management devices that the vdpa program names are the same in a replay, with the same source', () => {
  const answer = '{"mgmtdev":{"pci/0000:65:00.2":{"supported_classes":["net"]}}}';
  const tree = (extra: Record<string, string> = {}): MemoryTree => {
    const made = createMemoryTree();
    made.put('sys/bus/vdpa/devices', { kind: 'directory' });
    for (const [path, entry] of Object.entries({ ...base('x'), ...extra })) {
      if (typeof entry === 'string') made.put(path, { kind: 'file', bytes: Buffer.from(entry) });
    }
    return made;
  };
  const told: Told = { ...keptTold(kept), vdpaManagementDevices: () => answer };
  const live = probeSystem(openWalking(tree(), { root: '/', live: true, told }), {
    SSH_CONNECTION: kept.sshConnection,
  });
  expect(live.node.vdpa.managementDevices).toEqual([{ name: 'pci/0000:65:00.2', pciAddress: '0000:65:00.2' }]);
  expect(live.evidence).toContainEqual({
    claim: 'vdpa management devices',
    source: 'vdpa mgmtdev show',
    value: 'pci/0000:65:00.2',
  });
  const files = {
    'vdpactl/capture.json': formatTold(kept, { version: '1', time: new Date(0) }),
    'vdpactl/vdpa-mgmtdev.json': answer,
  };
  expect(probeSystem(openTree(tree(files), 'x'))).toEqual(live);
});
