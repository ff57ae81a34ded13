// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/providers/decide.ts';
import { config, nicReport, nodeReport } from '../fixtures/reports.ts';

describe('decide', () => {
  it('takes the local provider where nothing else fits, and says why', () => {
    const decision = decide(nodeReport(), config());
    expect(decision).toMatchObject({ provider: 'local', backend: 'testpmd', overridden: [] });
    expect(decision.devices).toEqual([
      {
        pciAddress: 'local0',
        driver: null,
        why: 'a memif socket stands in for the NIC; no PCI device is bound or reset',
      },
    ]);
    expect(decision.evidence).toEqual([
      expect.objectContaining({ claim: expect.stringMatching(/^provider local: needs nothing but DPDK/) }),
      { claim: 'wire', source: 'config local.wire', value: 'memif' },
    ]);
  });

  it.each<[string, Parameters<typeof config>[0], string[], string[]]>([
    ['nothing', {}, [], []],
    ['a provider that the config file names', { provider: 'local' }, ['provider'], ['provider=local']],
    ['both', { provider: 'local', backend: 'testpmd' }, ['provider', 'backend'], ['provider=local', 'backend=testpmd']],
    ['auto, which is no choice', { provider: 'auto' }, ['provider', 'backend'], []],
    ['what only the defaults name', { provider: 'local' }, [], []],
    ['other keys', { local: { devices: 2 } }, ['local.devices'], []],
  ])('records as overridden: %s', (_what, change, set, overridden) => {
    expect(decide(nodeReport(), config(change), set).overridden).toEqual(overridden);
  });

  it.each<[string, Parameters<typeof config>[0], string[], string]>([
    ['memif', { local: { devices: 2 } }, ['local0', 'local1'], 'memif'],
    ['null', { local: { wire: 'null' } }, ['local0'], 'null device'],
    ['af_packet', { local: { wire: 'af_packet', interface: 'veth0' } }, ['local0'], '(veth0)'],
  ])('offers as many virtual devices as are wanted, on wire %s', (_what, change, devices, why) => {
    const decision = decide(nodeReport(), config(change));
    expect(decision.devices.map(({ pciAddress }) => pciAddress)).toEqual(devices);
    for (const device of decision.devices)
      expect(device).toMatchObject({ driver: null, why: expect.stringContaining(why) });
  });

  it('takes no NIC, and an uplink least of all', () => {
    const nics = [
      nicReport({ uplink: true, uplinkReasons: ['eth0 has an address', 'eth0 carries the default route'] }),
      nicReport({ pciAddress: '0000:00:04.0' }),
    ];
    const { devices, rejected } = decide(nodeReport({ nics }), config());
    expect(devices.map(({ pciAddress }) => pciAddress)).toEqual(['local0']);
    expect(rejected).toEqual(
      expect.arrayContaining([
        {
          what: 'device:0000:00:03.0',
          why: 'is an uplink (eth0 has an address; eth0 carries the default route): never offered, bound or reset',
        },
        { what: 'device:0000:00:04.0', why: 'the local provider takes no PCI device' },
      ]),
    );
  });

  it('says what this version does not decide for', () => {
    expect(decide(nodeReport(), config()).rejected.map(({ what }) => what)).toEqual([
      'provider:baremetal',
      'provider:alibaba',
      'provider:aws',
      'backend:dpdk-vdpa',
      'backend:vhost-vdpa',
    ]);
  });

  it('decides the same for the same facts', () => {
    expect(decide(nodeReport(), config(), ['provider'])).toEqual(decide(nodeReport(), config(), ['provider']));
  });
});
