// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpAddressJson, parseIpRouteLines } from '../../../src/platform/network/ip-command.ts';
import {
  parseFibTrieFurtherTables,
  parseFibTrieLocals,
  parseIfInet6,
  parseIpv4Routes,
  parseIpv6Routes,
  parseNetDev,
  parsePppoe,
} from '../../../src/platform/network/net-tables.ts';
import { parseSshConnection } from '../../../src/platform/network/ssh-connection.ts';
import { junk } from '../../fixtures/junk.ts';

const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

describe('the IPv4 routes', () => {
  it('are read in network byte order', () => {
    const text = `${header}eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   \n*\t0000000A\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0\n`;
    expect(parseIpv4Routes(text)).toEqual({
      rows: [
        { iface: 'eth0', destination: 0, mask: 0, gateway: 0xc0000201, reject: false },
        { iface: '*', destination: 0x0a000000, mask: 0xff000000, gateway: 0, reject: true },
      ],
      unreadLines: 0,
    });
  });

  it.each([
    ['', 0],
    [header, 0],
    ['rubbish\n', 1],
    [`${header}eth0\t0000000`, 1],
    [`${header}eth0\t00000000\t010200C0\t0003\t0\t0\t0`, 1],
    [`${header}${'x'.repeat(1000)}\n`, 1],
  ])('count the lines that are not understood: %j', (text, unreadLines) => {
    expect(parseIpv4Routes(text).unreadLines).toBe(unreadLines);
  });
});

it('reads the IPv6 routes', () => {
  const zero = '0'.repeat(32);
  const text = [
    `${zero} 00 ${zero} 00 fe8000000000000000000000000000ff 00000400 00000002 00000000 00000003     eth0`,
    `fd000000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
    `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
    'half a line',
  ].join('\n');
  expect(parseIpv6Routes(text)).toEqual({
    rows: [
      { iface: 'eth0', destination: zero, prefixLength: 0, reject: false },
      { iface: 'eth0', destination: 'fd000000000000000000000000000000', prefixLength: 64, reject: false },
      { iface: 'lo', destination: zero, prefixLength: 0, reject: true },
    ],
    unreadLines: 1,
  });
});

it('reads the IPv6 addresses', () => {
  const text = 'fd000000000000000000000000000002 04 40 00 82     eth0\nfd00 04 40 00 82 eth0\n';
  expect(parseIfInet6(text)).toEqual({ rows: [{ iface: 'eth0', address: 'fd00::2' }], unreadLines: 1 });
});

it('finds the own addresses in the trie, and no networks or broadcasts', () => {
  const text = `Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.2
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
     |-- 127.0.0.0
        /8 host LOCAL
`;
  expect(parseFibTrieLocals(text)).toEqual(['192.0.2.2']);
});

it('reads which further IPv4 tables lead somewhere', () => {
  const text = [
    'Main:',
    '  +-- 0.0.0.0/0 3 0 5',
    '     |-- 0.0.0.0',
    '        /0 universe UNICAST',
    'Id 11:',
    '     |-- 10.9.0.1',
    '        /32 link UNICAST',
    // The table of a VRF that has no interface yet.
    'Id 12:',
    '     |-- 0.0.0.0',
    '        /0 universe UNREACHABLE',
    'Local:',
    '     |-- 127.0.0.1',
    '        /32 host LOCAL',
    '',
  ].join('\n');
  expect(parseFibTrieFurtherTables(text)).toEqual(['11']);
  expect(parseFibTrieFurtherTables(text.replace('Id 11:', 'Main:'))).toEqual([]);
});

it('reads what ip says of the routes of further tables', () => {
  const text = [
    'default via 10.9.0.1 dev d1 table 11 onlink ',
    '10.9.0.1 dev d1 table 11 scope link ',
    '10.9.0.0/24 dev d1 table 11 scope link ',
    'default table blue proto static \\\tnexthop via 10.1.0.1 dev a weight 1 \\\tnexthop via inet6 fe80::1 dev b weight 1 ',
    'unreachable default table 12 metric 4278198272 ',
    'default via 192.0.2.1 dev eth0 proto dhcp ',
    '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2 ',
    'local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 ',
    'broadcast 10.9.0.255 dev d1 table 11 proto kernel scope link ',
    '',
  ].join('\n');
  expect(parseIpRouteLines(text)).toEqual([
    { iface: 'd1', table: '11', isDefault: true },
    { iface: 'd1', table: '11', isDefault: false },
    { iface: 'a', table: 'blue', isDefault: true },
    { iface: 'b', table: 'blue', isDefault: true },
  ]);
});

it('reads the interfaces of a namespace', () => {
  const text = 'Inter-|   Receive\n face |bytes    packets\n    lo:  1 2 3\n  eth0.5: 4 5\n';
  expect(parseNetDev(text)).toEqual(['lo', 'eth0.5']);
  expect(parseNetDev('lo: 1 2 3\n')).toBeNull();
  expect(parseNetDev('')).toBeNull();
});

it('reads the interfaces with a PPPoE session', () => {
  const text = 'Id       Address              Device\n0000002A 00:11:22:33:44:55     eth1\n';
  expect(parsePppoe(text)).toEqual(['eth1']);
});

it('reads what ip says of addresses', () => {
  const text = JSON.stringify([
    { ifname: 'v0', addr_info: [{ local: '10.9.0.1' }, { local: 'fe80::1' }, {}] },
    { ifname: 3, addr_info: [{ local: '10.9.0.2' }] },
    {},
    null,
  ]);
  expect(parseIpAddressJson(text)).toEqual([{ iface: 'v0', address: '10.9.0.1', source: 'ip address' }]);
  expect(parseIpAddressJson('not json')).toEqual([]);
});

describe('SSH_CONNECTION', () => {
  it.each([
    ['198.51.100.7 50000 192.0.2.2 22', '198.51.100.7', '192.0.2.2', null],
    ['fe80::1%eth1 50000 fe80::2%eth1 22', 'fe80::1', 'fe80::2', 'eth1'],
    ['::ffff:198.51.100.7 50000 ::ffff:192.0.2.2 22', '198.51.100.7', '192.0.2.2', null],
  ])('%s', (text, client, server, zone) => {
    expect(parseSshConnection(text)).toEqual({
      client: { address: client, zone },
      server: { address: server, zone },
    });
  });

  it.each([undefined, '', 'UNKNOWN 65535 UNKNOWN 65535', '192.0.2.2 22', 'a b c d'])('says nothing: %j', (text) => {
    expect(parseSshConnection(text)).toBeNull();
  });
});

it('no parser throws or hangs on any text', () => {
  const line = fc.oneof(
    junk,
    fc.array(fc.stringMatching(/^[0-9a-fA-F.:|/+-]{0,33}$/), { maxLength: 12 }).map((fields) => fields.join(' ')),
    fc.constantFrom(
      header.trim(),
      '     |-- 192.0.2.2',
      '        /32 host LOCAL',
      'Inter-| x',
      ' face |y',
      '[{"addr_info":[1]}]',
    ),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      (text) => {
        for (const table of [parseIpv4Routes(text), parseIpv6Routes(text), parseIfInet6(text)]) {
          expect(table.rows.length + table.unreadLines).toBeLessThanOrEqual(text.split('\n').length + 1);
        }
        for (const address of parseFibTrieLocals(text)) expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        parseFibTrieFurtherTables(text);
        parseIpRouteLines(text);
        parseNetDev(text);
        parsePppoe(text);
        parseIpAddressJson(text);
        parseSshConnection(text);
      },
    ),
    { numRuns: 300 },
  );
});
