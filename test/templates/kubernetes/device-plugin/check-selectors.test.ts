// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSelectors } from '../../../../src/templates/kubernetes/device-plugin/check-selectors.ts';
import type { SelectorFinding } from '../../../../src/templates/kubernetes/device-plugin/selector-finding.ts';
import { alibabaNode, igbNode } from '../../../fixtures/cluster-nodes.ts';

const pool = (selectors: unknown, more: object = {}) => ({
  resourceName: 'vdpa',
  resourcePrefix: 'vdpactl.io',
  selectors,
  ...more,
});
const config = (...pools: unknown[]) => ({ resourceList: pools });
const good = { vendors: ['8086'], devices: ['10ca'], drivers: ['igbvf'] };
const kindsOf = (findings: readonly SelectorFinding[]) => findings.map(({ kind }) => kind);

describe('a configuration of the device plugin', () => {
  it.each<[string, unknown]>([
    ['one object', config(pool(good))],
    ['a list', config(pool([good]))],
    [
      'two pools',
      config(
        pool({ ...good, pciAddresses: ['0000:02:10.1'] }),
        pool({ ...good, pciAddresses: ['0000:02:10.3'] }, { resourceName: 'b' }),
      ),
    ],
    ['keys in another case, as Go takes them', { ResourceList: [pool({ Vendors: ['8086'], drivers: ['igbvf'] })] }],
    [
      'one name under two prefixes',
      config(
        pool({ ...good, pciAddresses: ['0000:02:10.1'] }),
        pool({ ...good, pciAddresses: ['0000:02:10.3'] }, { resourcePrefix: 'x.io' }),
      ),
    ],
  ])('is right with %s', (_what, value) => {
    expect(checkSelectors(value, [igbNode('a')])).toEqual([]);
  });

  it.each<[string, unknown, SelectorFinding['kind'], SelectorFinding['path'], RegExp]>([
    ['no object', 7, 'malformed', [], /no list resourceList/],
    ['no list', { resourceList: {} }, 'malformed', [], /no list resourceList/],
    ['no pools', config(), 'malformed', ['resourceList'], /empty/],
    ['a pool that is none', config(null), 'malformed', ['resourceList', 0], /object/],
    ['no name', config({ selectors: good }), 'malformed', ['resourceList', 0, 'resourceName'], /resourceName/],
    [
      'a bad name',
      config(pool(good, { resourceName: 'a/b' })),
      'malformed',
      ['resourceList', 0, 'resourceName'],
      /letters/,
    ],
    [
      'a bad kind',
      config(pool(good, { deviceType: 'netdevice' })),
      'malformed',
      ['resourceList', 0, 'deviceType'],
      /netDevice/,
    ],
    ['no selectors', config({ resourceName: 'a' }), 'malformed', ['resourceList', 0, 'selectors'], /crashes/],
    ['bad selectors', config(pool('x')), 'malformed', ['resourceList', 0, 'selectors'], /object or a list/],
    [
      'a bad list',
      config(pool([good, { ...good, vendors: '8086' }])),
      'malformed',
      ['resourceList', 0, 'selectors', 1, 'vendors'],
      /list of texts/,
    ],
    [
      'a bad flag',
      config(pool({ ...good, isRdma: 'yes' })),
      'malformed',
      ['resourceList', 0, 'selectors', 'isRdma'],
      /true or false/,
    ],
    [
      'a misspelt selector',
      config(pool({ ...good, pfName: ['x'] })),
      'unknown-key',
      ['resourceList', 0, 'selectors', 'pfName'],
      /pfNames is meant\?/,
    ],
    [
      'a selector of another kind',
      config(pool({ vendors: ['8086'], pfNames: ['x'] }, { deviceType: 'accelerator' })),
      'unknown-key',
      ['resourceList', 0, 'selectors', 'pfNames'],
      /does not know/,
    ],
    [
      'a misspelt key',
      config(pool(good, { resourcePrefx: 'x' })),
      'unknown-key',
      ['resourceList', 0, 'resourcePrefx'],
      /resourcePrefix is meant\?/,
    ],
    [
      'two of one name',
      config(pool(good), pool({ ...good, pciAddresses: ['0000:09:00.0'] })),
      'duplicate',
      ['resourceList', 1],
      /before it/,
    ],
    [
      'a contradiction',
      config(pool({ ...good, isRdma: true, vdpaType: 'vhost' })),
      'contradiction',
      ['resourceList', 0, 'selectors', 'vdpaType'],
      /exclude/,
    ],
    [
      'no driver',
      config(pool({ vendors: ['8086'] })),
      'no-driver',
      ['resourceList', 0, 'selectors', 'drivers'],
      /no driver/,
    ],
  ])('is wrong with %s', (_what, value, kind, path, message) => {
    expect(checkSelectors(value, [])).toEqual([{ kind, path, message: expect.stringMatching(message), devices: [] }]);
  });

  it('is wrong where it could give away the uplink that the plugin itself cannot see', () => {
    const nodes = [alibabaNode('ecs-1', {}), alibabaNode('ecs-2', {})];
    const findings = checkSelectors(config(pool({ vendors: ['1af4'], devices: ['1041'] })), nodes);
    expect(kindsOf(findings)).toEqual(['no-driver', 'uplink']);
    expect(findings[1]).toEqual({
      kind: 'uplink',
      path: ['resourceList', 0, 'selectors'],
      message: '0000:00:05.0 of ecs-1, 0000:00:05.0 of ecs-2: an uplink, which would be given away',
      devices: [
        { node: 'ecs-1', pciAddress: '0000:00:05.0' },
        { node: 'ecs-2', pciAddress: '0000:00:05.0' },
      ],
    });
  });

  it('is wrong where two pools want one device, and where no node has one', () => {
    const second = pool({ ...good, pciAddresses: ['0000:02:10.3'] }, { resourceName: 'second' });
    const third = pool({ ...good, drivers: ['vfio-pci'] }, { resourceName: 'third' });
    const findings = checkSelectors(config(pool(good), second, third), [igbNode('a')]);
    expect(findings).toEqual([
      {
        kind: 'overlap',
        path: ['resourceList', 1],
        message: '0000:02:10.3 of a: also in the pool vdpa, which comes first and has it',
        devices: [{ node: 'a', pciAddress: '0000:02:10.3' }],
      },
      {
        kind: 'empty',
        path: ['resourceList', 2],
        message: 'no device of any node is selected: vdpactl.io/third will not appear',
        devices: [],
      },
    ]);
  });

  it('may be anything at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (whole, selectors) => {
        checkSelectors(whole, [igbNode('a')]);
        checkSelectors(config(pool(selectors)), [igbNode('a')]);
      }),
    );
  });
});
