// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatTold } from '../../../src/platform/capture/told.ts';
import { interfaceFacts } from '../../../src/platform/network/interface-facts.ts';
import { readUplinks } from '../../../src/platform/network/uplink.ts';
import { probe } from '../../../src/platform/probe.ts';
import { openRoot } from '../../../src/platform/root-fs.ts';
import { base, network, nic, virtualNetdev } from '../../fixtures/node-tree.ts';
import { bonded, virtioUplink } from '../../fixtures/nodes.ts';
import { type Tree, withTree } from '../../fixtures/tree.ts';

/** Why an interface of the tree is an uplink. */
function reasonsFor(tree: Tree, iface: string, env: NodeJS.ProcessEnv = {}): string[] {
  return withTree(tree, (root) =>
    readUplinks(openRoot(root), env)
      .reasons(iface)
      .map(({ text }) => text),
  );
}

const spare = nic({ at: '0000:01:00.0', ids: '8086:10fb', driver: 'ixgbe', netdevs: [{ name: 'eth1' }] });
const withSpare = (sketch: Parameters<typeof network>[0]): Tree => ({ ...base('x'), ...spare, ...network(sketch) });
const linkLocal = 'fe800000000000005054abfffe12cd34';

describe('one fact is enough', () => {
  it.each<[string, Omit<Parameters<typeof network>[0], 'interfaces'>, string]>([
    ['an IPv4 address', { ipv4: ['eth1 10.0.0.5/24'] }, 'eth1 has the address 10.0.0.5'],
    ['an IPv6 address', { ipv6: [`eth1 2001${'0'.repeat(27)}7/64`] }, 'eth1 has the address 2001::7'],
    ['the IPv4 default route', { ipv4Default: ['eth1 10.0.0.1'] }, 'eth1 carries the IPv4 default route'],
    [
      'the IPv6 default route',
      { ipv6: [`eth1 ${linkLocal}/64`], ipv6Default: ['eth1'] },
      'eth1 carries the IPv6 default route',
    ],
    [
      'a link-local address that a person chose',
      { ipv6: [`eth1 fe80${'0'.repeat(27)}1/64`] },
      'eth1 has the address fe80::1',
    ],
  ])('%s', (_, sketch, reason) => {
    expect(reasonsFor(withSpare({ interfaces: ['eth1'], ...sketch }), 'eth1')).toContain(reason);
  });

  it('a route over an interface without an address of its own (unnumbered)', () => {
    const tree = withSpare({ interfaces: ['eth1'] });
    const routes = `${tree['proc/net/route']}eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n`;
    expect(reasonsFor({ ...tree, 'proc/net/route': routes }, 'eth1')).toEqual(['eth1 has IPv4 routes of its own']);
  });

  it('a PPPoE session', () => {
    const tree = withSpare({ interfaces: ['eth1'] });
    const pppoe = 'Id       Address              Device\n0000002A 00:11:22:33:44:55     eth1\n';
    expect(reasonsFor({ ...tree, 'proc/net/pppoe': pppoe }, 'eth1')).toEqual(['eth1 carries a PPPoE session']);
  });
});

describe('not enough is', () => {
  it('being up', () => {
    expect(reasonsFor(withSpare({ interfaces: ['eth1'] }), 'eth1')).toEqual([]);
  });

  it("the kernel's own link-local address", () => {
    expect(reasonsFor(withSpare({ interfaces: ['eth1'], ipv6: [`eth1 ${linkLocal}/64`] }), 'eth1')).toEqual([]);
  });

  it('an unreachable default route', () => {
    const tree = withSpare({ interfaces: ['eth1'] });
    const routes = `${tree['proc/net/route']}*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n`;
    expect(reasonsFor({ ...tree, 'proc/net/route': routes }, 'eth1')).toEqual([]);
  });

  it('the far end of a veth pair having an address', () => {
    const tree = { ...base('x'), ...veths, ...network({ interfaces: ['v0', 'v1'], ipv4: ['v1 10.0.0.5/24'] }) };
    expect(reasonsFor(tree, 'v0')).toEqual([]);
    expect(reasonsFor(tree, 'v1')).toEqual(['v1 has the address 10.0.0.5']);
  });
});

const veths: Tree = {
  ...virtualNetdev({ name: 'v0' }),
  ...virtualNetdev({ name: 'v1' }),
  'sys/devices/virtual/net/v0/ifindex': '71\n',
  'sys/devices/virtual/net/v0/iflink': '72\n',
  'sys/devices/virtual/net/v1/ifindex': '72\n',
  'sys/devices/virtual/net/v1/iflink': '71\n',
};

describe('what is above an interface counts for it', () => {
  const bridged: Tree = {
    ...base('x'),
    ...nic({ at: '0000:01:00.0', ids: '8086:10fb', driver: 'ixgbe', netdevs: [{ name: 'eth1', master: 'br0' }] }),
    ...virtualNetdev({ name: 'br0' }),
  };

  it('a bridge with an address', () => {
    const tree = { ...bridged, ...network({ interfaces: ['eth1', 'br0'], ipv4: ['br0 10.0.0.5/24'] }) };
    expect(reasonsFor(tree, 'eth1')).toEqual(['eth1 is below br0, which has the address 10.0.0.5']);
  });

  it('a bridge without one does not', () => {
    expect(reasonsFor({ ...bridged, ...network({ interfaces: ['eth1', 'br0'] }) }, 'eth1')).toEqual([]);
  });

  it('a bridge whose host address is on the far end of a veth pair', () => {
    const tree = {
      ...bridged,
      ...veths,
      'sys/devices/virtual/net/br0/brif/v0': { to: '../../v0/brport' },
      ...network({ interfaces: ['eth1', 'br0', 'v0', 'v1'], ipv4: ['v1 10.0.0.5/24'] }),
    };
    expect(reasonsFor(tree, 'eth1')).toEqual(['eth1 is below v1, which has the address 10.0.0.5']);
  });

  it('an Open vSwitch datapath, wherever its addresses are', () => {
    const tree = {
      ...base('x'),
      ...nic({
        at: '0000:01:00.0',
        ids: '8086:10fb',
        driver: 'ixgbe',
        netdevs: [{ name: 'eth1', master: 'ovs-system' }],
      }),
      ...virtualNetdev({ name: 'ovs-system', up: false }),
      ...network({ interfaces: ['eth1', 'ovs-system'] }),
    };
    expect(reasonsFor(tree, 'eth1')).toEqual(['eth1 is a port of the Open vSwitch datapath ovs-system']);
  });

  it('a ring of masters ends', () => {
    const tree = {
      ...base('x'),
      ...virtualNetdev({ name: 'a', master: 'b' }),
      ...virtualNetdev({ name: 'b', master: 'a' }),
      ...network({ interfaces: ['a', 'b'] }),
    };
    expect(reasonsFor(tree, 'a')).toEqual([]);
  });
});

describe('the SSH connection in use', () => {
  const tree = withSpare({ interfaces: ['eth1'], ipv4: ['eth1 192.0.2.2/24'], ipv6: [`eth1 ${linkLocal}/64`] });
  const carries = 'eth1 carries this SSH connection';

  it.each([
    ['to an address of the interface', '203.0.113.9 50000 192.0.2.2 22'],
    ['to its address, as IPv4 mapped into IPv6', '::ffff:203.0.113.9 50000 ::ffff:192.0.2.2 22'],
    ['from a network that it reaches, to an address on another', '192.0.2.77 50000 10.255.0.1 22'],
    ['link-local', 'fe80::9%eth1 50000 fe80::5054:abff:fe12:cd34%eth1 22'],
  ])('%s', (_, connection) => {
    expect(reasonsFor(tree, 'eth1', { SSH_CONNECTION: connection })).toContain(carries);
  });

  it.each([
    ['elsewhere', '203.0.113.9 50000 203.0.113.2 22'],
    ['on the loopback interface', '127.0.0.1 50000 127.0.0.1 22'],
    ['unreadable', 'nonsense'],
  ])('%s', (_, connection) => {
    expect(reasonsFor(tree, 'eth1', { SSH_CONNECTION: connection })).not.toContain(carries);
  });
});

describe('what cannot be read is held for an uplink', () => {
  const clean = withSpare({ interfaces: ['eth1'], ipv6: [`eth1 ${linkLocal}/64`] });

  it.each<[string, Tree, string]>([
    ['no IPv4 routes', without(clean, 'proc/net/route'), '/proc/net/route cannot be read'],
    ['no IPv6 routes', without(clean, 'proc/net/ipv6_route'), '/proc/net/ipv6_route cannot be read'],
    ['no IPv6 addresses', without(clean, 'proc/net/if_inet6'), '/proc/net/if_inet6 cannot be read'],
    ['a directory', { ...without(clean, 'proc/net/route'), 'proc/net/route/x': '' }, '/proc/net/route cannot be read'],
    [
      'rubbish',
      { ...clean, 'proc/net/if_inet6': 'rubbish\n' },
      '/proc/net/if_inet6 holds what is not understood, in 1 line',
    ],
    [
      'an empty trie',
      { ...clean, 'proc/net/fib_trie': '' },
      '/proc/net/fib_trie shows no address, not even of the loopback interface',
    ],
    [
      'another namespace in proc than in sys',
      { ...clean, ...network({ interfaces: ['eth7'] }) },
      '/proc/net/dev and /sys/class/net show different network namespaces: only one knows eth1',
    ],
  ])('%s', (_, tree, doubt) => {
    expect(reasonsFor(tree, 'eth1')).toContain(`eth1 cannot be ruled out: ${doubt}`);
  });

  it('an address of the node that no interface is known to have', () => {
    const tree = {
      ...clean,
      'proc/net/fib_trie': `${clean['proc/net/fib_trie']}     |-- 10.1.2.3\n        /32 host LOCAL\n`,
    };
    expect(reasonsFor(tree, 'eth1')).toEqual(['eth1 cannot be ruled out: nothing says whose address 10.1.2.3 is']);
  });

  it('a NIC whose interface is in another namespace', () => {
    const tree = {
      ...base('x'),
      ...nic({ at: '0000:01:00.0', ids: '8086:10fb', driver: 'ixgbe' }),
      'sys/devices/pci0000:00/0000:01:00.0/net': null,
      ...network({ interfaces: [] }),
    };
    expect(withTree(tree, (root) => probe({ root }).nics[0])).toMatchObject({
      uplink: true,
      uplinkReasons: ['cannot be ruled out: its interface is in another network namespace'],
    });
  });

  it('a NIC with a driver but no interface, and not one that a user-space driver has', () => {
    const tree = {
      ...base('x'),
      ...nic({ at: '0000:01:00.0', ids: '8086:10fb', driver: 'ixgbe' }),
      ...nic({ at: '0000:01:00.1', ids: '8086:10fb', driver: 'vfio-pci' }),
      ...nic({ at: '0000:01:00.2', ids: '8086:10fb' }),
    };
    expect(withTree(tree, (root) => probe({ root }).nics.map(({ uplink }) => uplink))).toEqual([true, false, false]);
  });
});

describe('routes of other tables, as the networks of clouds make them for pods', () => {
  const bare = withSpare({ interfaces: ['eth1'] });
  const trie = `Id 11:\n     |-- 0.0.0.0\n        /0 universe UNICAST\n${bare['proc/net/fib_trie']}`;
  const routed = { ...bare, 'proc/net/fib_trie': trie };
  const told = (ipv4FurtherRoutes: Parameters<typeof formatTold>[0]['ipv4FurtherRoutes']): Tree => ({
    'vdpactl/capture.json': formatTold(
      {
        machine: null,
        sshConnection: null,
        ipv4Addresses: [{ iface: 'lo', address: '127.0.0.1', source: 'getifaddrs' }],
        ipv4FurtherRoutes,
        cloud: { cloud: null, evidence: [] },
      },
      { version: '1', time: new Date(0) },
    ),
  });

  it.each([
    ['a default route', true, 'eth1 carries an IPv4 default route (table 11)'],
    ['another route', false, 'eth1 has IPv4 routes of its own (table 11)'],
  ])('%s makes an interface without an address an uplink', (_, isDefault, reason) => {
    const tree = { ...routed, ...told([{ iface: 'eth1', table: '11', isDefault }]) };
    expect(reasonsFor(tree, 'eth1')).toEqual([reason]);
  });

  it('say nothing against other interfaces', () => {
    const tree = { ...routed, ...told([{ iface: 'eth0', table: '11', isDefault: true }]) };
    expect(reasonsFor(tree, 'eth1')).toEqual([]);
  });

  it.each([
    ['nobody could say', told(null)],
    ['ip says nothing', told([])],
    ['it is a tree of somebody’s own', {}],
  ])('may be those of any interface that is up, where %s whose they are', (_, more) => {
    const reason = 'eth1 cannot be ruled out: nothing says whose the IPv4 routes of table 11 are';
    expect(reasonsFor({ ...routed, ...more }, 'eth1')).toEqual([reason]);
    const down = { ...routed, ...more, 'sys/devices/pci0000:00/0000:01:00.0/net/eth1/flags': '0x1002\n' };
    expect(reasonsFor(down, 'eth1')).toEqual([]);
  });
});

it('does without IPv6 where the kernel has none', () => {
  const tree = without(without(withSpare({ interfaces: ['eth1'] }), 'proc/net/if_inet6'), 'proc/net/ipv6_route');
  expect(reasonsFor(tree, 'eth1')).toEqual([]);
});

it('finds the interface of a vDPA device that the kernel drives', () => {
  const dir = 'sys/devices/pci0000:00/0000:01:00.0/vdpa0/virtio3/net/eth9';
  const tree = {
    ...base('x'),
    ...nic({ at: '0000:01:00.0', ids: '15b3:101e', driver: 'mlx5_core' }),
    [`${dir}/flags`]: '0x1003\n',
    ...network({ interfaces: ['eth9'], ipv4: ['eth9 10.0.0.5/24'] }),
    'sys/class/net/eth9': { to: `../../${dir.slice(4)}` },
  };
  expect(withTree(tree, (root) => probe({ root }).nics[0])).toMatchObject({ netdevs: ['eth9'], uplink: true });
});

describe('the facts about one interface', () => {
  it('say whether it is an uplink, on PCI or not', () => {
    withTree(bonded, (root) => {
      expect(interfaceFacts('br0', { root })).toMatchObject({ exists: true, up: true, uplink: true });
      expect(interfaceFacts('bond0', { root }).reasons[0]).toBe(
        'bond0 is below br0, which has the address 203.0.113.9',
      );
      expect(interfaceFacts('eno3', { root })).toMatchObject({ exists: true, uplink: false, reasons: [] });
      expect(interfaceFacts('lo', { root }).reasons).toContain('lo is the loopback interface');
    });
  });

  it('give the MAC address', () => {
    withTree(virtioUplink, (root) => {
      expect(interfaceFacts('eth0', { root }).mac).toBe('02:fc:00:00:00:01');
    });
  });

  it.each(['eth7', '', '.', '..', '../net/eth0', 'bonding_masters', 'a name', 'x'.repeat(16)])(
    'deny that there is a %j',
    (name) => {
      withTree(bonded, (root) => {
        expect(interfaceFacts(name, { root })).toEqual({
          exists: false,
          up: false,
          mac: null,
          uplink: false,
          reasons: [],
        });
      });
    },
  );

  it('of the running machine hold its loopback interface for an uplink', () => {
    expect(interfaceFacts('lo', { env: process.env })).toMatchObject({ exists: true, uplink: true });
  });
});

function without(tree: Tree, path: string): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([key]) => key !== path));
}
