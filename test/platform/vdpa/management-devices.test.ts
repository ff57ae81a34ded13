// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeFacts } from '../../../src/platform/node-report.ts';
import { createNotes } from '../../../src/platform/note.ts';
import { openRoot } from '../../../src/platform/root-fs.ts';
import { parseManagementDevices } from '../../../src/platform/vdpa/management-devices.ts';
import { readVdpa } from '../../../src/platform/vdpa/vdpa-devices.ts';
import { junk } from '../../fixtures/junk.ts';
import { nic, vdpaDevice } from '../../fixtures/node-tree.ts';
import { type Tree, withTree } from '../../fixtures/tree.ts';

function vdpaOf(tree: Tree, kernel = '6.12.0', modules: NodeFacts['modules'] = {}) {
  const { evidence, note } = createNotes();
  return { vdpa: withTree(tree, (root) => readVdpa(openRoot(root), { kernel, modules }, note)), evidence };
}

const names = (tree: Tree, kernel?: string, modules?: NodeFacts['modules']) =>
  vdpaOf(tree, kernel, modules).vdpa.managementDevices.map(({ name }) => name);

describe('what the vdpa program says', () => {
  it.each<[string, string, string[] | null]>([
    ['nothing', '{"mgmtdev":{}}', []],
    [
      'several, software among them',
      `{
    "mgmtdev": {
        "vdpasim_net": { "supported_classes": [ "net" ], "max_supported_vqs": 3, "dev_features": [ "MTU","bit_40" ] },
        "pci/0000:65:00.2": { "supported_classes": [ "net" ], "max_supported_vqs": 257 },
        "auxiliary/mlx5_core.sf.2": { "supported_classes": [ "net" ] }
    }
}`,
      ['auxiliary/mlx5_core.sf.2', 'pci/0000:65:00.2', 'vdpasim_net'],
    ],
    ['a name that ends in a space, as other keys of that program do', '{"mgmtdev":{"vduse ":{}}}', ['vduse']],
    ['names that are none', '{"mgmtdev":{"a b":{},"":{},"x\\u001b[2J":{}}}', []],
    ['another answer', '{"dev":{}}', null],
    ['a list', '{"mgmtdev":["vduse"]}', null],
    ['nothing at all', '', null],
    ['the beginning of an answer', '{"mgmtdev":{', null],
  ])('%s', (_, text, expected) => {
    expect(parseManagementDevices(text)).toEqual(expected);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.oneof(junk, fc.json()), (text) => {
        for (const name of parseManagementDevices(text) ?? []) expect(name).toMatch(/^[\w.:/-]+$/);
      }),
    );
  });

  it('is believed against what the drivers suggest', () => {
    const tree = {
      ...nic({ at: '0000:01:00.1', ids: '1af4:1041', driver: 'ifcvf', vdpa: { name: 'vdpa0', chardev: 0 } }),
      'vdpactl/vdpa-mgmtdev.json': '{"mgmtdev":{"vduse":{"supported_classes":["net"]}}}',
    };
    const { vdpa, evidence } = vdpaOf(tree);
    expect(vdpa).toMatchObject({
      managementDevices: [{ name: 'vduse', pciAddress: null }],
      devices: [{ name: 'vdpa0', mgmtdev: null }],
    });
    expect(evidence[0]).toEqual({
      claim: 'vdpa management devices',
      source: '/vdpactl/vdpa-mgmtdev.json',
      value: 'vduse',
    });
  });
});

describe('inferred management devices', () => {
  it.each<[string, Tree, string, NodeFacts['modules'], string[]]>([
    ['of nothing', { sys: null }, '6.12.0', {}, []],
    ['of ifcvf', nic({ at: '0000:01:00.1', ids: '1af4:1041', driver: 'ifcvf' }), '6.12.0', {}, ['pci/0000:01:00.1']],
    [
      'of vp_vdpa',
      nic({ at: '0000:00:06.0', ids: '1af4:1041', driver: 'vp-vdpa' }),
      '5.19.0',
      {},
      ['pci/0000:00:06.0'],
    ],
    [
      'of vp_vdpa before it had any',
      nic({ at: '0000:00:06.0', ids: '1af4:1041', driver: 'vp-vdpa' }),
      '5.18.9',
      {},
      [],
    ],
    ['of eni_vdpa', nic({ at: '0000:00:06.0', ids: '1af4:1000', driver: 'alibaba-eni-vdpa' }), '6.12.0', {}, []],
    [
      'of octep_vdpa, not of its physical functions',
      {
        ...nic({ at: '0000:07:00.0', ids: '177d:b900', driver: 'octep_vdpa' }),
        ...nic({ at: '0000:07:02.0', ids: '177d:b903', driver: 'octep_vdpa', physfn: '0000:07:00.0' }),
      },
      '6.12.0',
      {},
      ['pci/0000:07:02.0'],
    ],
    [
      'of scalable functions and of a Pensando VF',
      {
        'sys/bus/auxiliary/drivers/mlx5_vdpa.vnet/mlx5_core.vnet.5': {
          to: '../../../../devices/pci0000:64/0000:65:00.0/mlx5_core.sf.2/mlx5_core.vnet.5',
        },
        'sys/bus/auxiliary/drivers/pds_vdpa.vDPA/pds_core.vDPA.1': {
          to: '../../../../devices/pci0000:b4/0000:b5:00.3/pds_core.vDPA.1',
        },
        'sys/bus/auxiliary/drivers/pds_vdpa.vDPA/bind': '',
      },
      '6.12.0',
      {},
      ['auxiliary/mlx5_core.sf.2', 'pci/0000:b5:00.3'],
    ],
    ['of VDUSE, by its class', { 'sys/class/vduse/control': 'x' }, '6.12.0', {}, ['vduse']],
    [
      'of modules without a trace',
      { sys: null },
      '6.12.0',
      { vduse: 'loaded', vdpa_sim_net: 'builtin' },
      ['vdpasim_net', 'vduse'],
    ],
    ['of modules that are not loaded', { sys: null }, '6.12.0', { vduse: 'available', vdpa_sim_net: 'missing' }, []],
  ])('%s', (_, tree, kernel, modules, expected) => {
    expect(names(tree, kernel, modules)).toEqual(expected);
  });

  it('are of the function only when a device is there and nothing else tells', () => {
    const device = { name: 'vdpa0', chardev: 0 };
    const tree = nic({ at: '0000:65:00.2', ids: '15b3:101e', driver: 'mlx5_core', vdpa: device });
    expect(names(tree)).toEqual(['pci/0000:65:00.2']);
  });

  it('are said to be inferred, and where there is no vDPA bus, that it is missing', () => {
    expect(vdpaOf({ 'sys/class/vduse/control': 'x' }).evidence).toContainEqual({
      claim: 'vdpa management device vduse',
      source: '/sys/class/vduse',
      value: 'inferred from the driver',
    });
    expect(vdpaOf({ sys: null }).evidence).toContainEqual({
      claim: 'vdpa management devices',
      source: '/sys/bus/vdpa',
      value: null,
    });
  });
});

describe('vDPA devices', () => {
  it('of a scalable function name it as their maker and belong to the function that it is part of', () => {
    const tree = {
      ...nic({ at: '0000:65:00.0', ids: '15b3:101d', driver: 'mlx5_core' }),
      ...vdpaDevice('pci0000:00/0000:65:00.0/mlx5_core.sf.2', { name: 'vdpa0', chardev: 0 }),
    };
    expect(vdpaOf(tree).vdpa.devices).toEqual([
      {
        name: 'vdpa0',
        driver: 'vhost_vdpa',
        path: '/dev/vhost-vdpa-0',
        pciAddress: '0000:65:00.0',
        mgmtdev: 'auxiliary/mlx5_core.sf.2',
      },
    ]);
  });

  it('may have no driver', () => {
    const tree = {
      'sys/bus/vdpa/devices/vdpa0': { to: '../../../devices/vdpa0' },
      'sys/devices/vdpa0/uevent': '',
    };
    expect(vdpaOf(tree).vdpa.devices).toEqual([
      { name: 'vdpa0', driver: null, path: null, pciAddress: null, mgmtdev: null },
    ]);
  });

  it('of virtio_vdpa have no character device', () => {
    const tree = vdpaDevice('', { name: 'vdpa3' });
    expect(vdpaOf(tree, '6.12.0', { vdpa_sim_net: 'loaded' }).vdpa.devices).toMatchObject([
      { driver: 'virtio_vdpa', path: null, mgmtdev: 'vdpasim_net' },
    ]);
  });
});
