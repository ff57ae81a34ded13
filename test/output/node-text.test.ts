// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { NodePlan } from '../../src/node/node-plan.ts';
import { prepareText, restoreText } from '../../src/output/node-text.ts';

const plan: NodePlan = {
  schemaVersion: 'vdpactl/v1',
  kind: 'NodePlan',
  node: 'node-1',
  provider: 'baremetal',
  backend: 'vhost-vdpa',
  steps: [{ kind: 'load-module', module: 'vhost_vdpa', text: 'load the module vhost_vdpa' }],
  after: {
    devices: [
      {
        device: '0000:00:03.0',
        driver: 'vp-vdpa',
        files: [{ path: '/dev/vhost-vdpa-N', numberedByKernel: true }],
      },
    ],
    virtualFunctions: [],
    vdpaDevices: [],
    hugepages: [{ sizeKiB: 2048, numaNode: 0, total: 640, free: 640 }],
  },
};
const head = { schemaVersion: 'vdpactl/v1', kind: 'NodePrepared' } as const;

describe('prepareText', () => {
  it('shows what was done and what the node looks like', () => {
    expect(prepareText({ ...head, dryRun: false, plan, done: plan.steps, now: plan.after, notes: ['rebooted'] })).toBe(
      [
        'note: rebooted',
        'provider baremetal, backend vhost-vdpa (no packet copy)',
        'done:',
        '  ✓ load the module vhost_vdpa',
        'now:',
        '  0000:00:03.0, driver vp-vdpa, /dev/vhost-vdpa-N (N assigned by the kernel)',
        '  huge pages of 2048 KiB on NUMA node 0: 640, 640 free',
        '',
        'to put it back: vdpactl node restore',
        '',
      ].join('\n'),
    );
  });

  it.each<[string, Partial<NodePlan>, boolean, RegExp]>([
    ['a dry run', {}, true, /would do:\n {2}- load the module vhost_vdpa\nthen:\n/],
    ['a prepared node', { steps: [] }, false, /nothing to do: the node is prepared/],
    ['a node without a device', { steps: [], after: { ...plan.after, devices: [] } }, false, /no device is given away/],
    ['the local provider', { steps: [], provider: 'local' }, false, /nothing to prepare: the virtual devices/],
  ])('of %s', (_what, change, dryRun, text) => {
    expect(prepareText({ ...head, dryRun, plan: { ...plan, ...change }, done: [], now: null, notes: [] })).toMatch(
      text,
    );
  });
});

describe('restoreText', () => {
  const restored = { schemaVersion: 'vdpactl/v1', kind: 'NodeRestored', notes: [] } as const;

  it('shows each step with what is to be said of it', () => {
    const undone = [
      {
        kind: 'bind',
        text: 'bind it back',
        outcome: 'undone',
        notes: ['its interface is called eth7 now; it was eth1'],
      },
      { kind: 'enable-noiommu', text: 'as before', outcome: 'already', notes: [] },
    ] as const;
    expect(restoreText({ ...restored, dryRun: false, undone })).toBe(
      'put back:\n  ✓ bind it back\n    its interface is called eth7 now; it was eth1\n  ✓ as before (it was so already)\n',
    );
    const planned = undone.map((step) => ({ ...step, outcome: 'planned', notes: [] }) as const);
    expect(restoreText({ ...restored, dryRun: true, undone: planned })).toMatch(/^would put back:\n {2}- bind/);
  });

  it('says so when there is nothing', () => {
    expect(restoreText({ ...restored, dryRun: false, undone: [] })).toBe('nothing to put back\n');
  });
});
