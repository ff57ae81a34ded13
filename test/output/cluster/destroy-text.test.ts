// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Destruction } from '../../../src/cluster/destroy/destroy-cluster.ts';
import type { Removal } from '../../../src/cluster/destroy/remove-objects.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import {
  destructionFields,
  destructionText,
  failedDestructionFields,
  toDestroyText,
} from '../../../src/output/cluster/destroy-text.ts';
import { change, place } from './sample-changes.ts';

const removal = (kind: string, name: string, outcome: Removal['outcome'], why: string | null = null): Removal => ({
  ref: change('delete', kind, name, { namespace: kind === 'Namespace' ? null : 'vdpactl-system' }).ref,
  ...{ outcome, why },
});
const destroyed: Destruction = {
  state: 'destroyed',
  removals: [
    removal('DaemonSet', 'vdpactl-agent', 'removed'),
    removal('ConfigMap', 'vdpactl-config', 'absent'),
    removal('Namespace', 'vdpactl-system', 'released', 'it has what others have made: Pod vdpactl-system/x and 2 more'),
  ],
  nodes: [
    { node: 'n1', removed: ['/opt/cni/bin/vdpa'], left: [] },
    { node: 'n2', removed: [], left: [{ what: 'the host', why: 'the clean-up did not run within 180 s' }] },
  ],
  warnings: ['the inventory of the stack is damaged (not JSON); its objects are found by their annotation instead'],
};
const nothing = { removals: [], nodes: [], warnings: [] };

describe('what became of a stack that was to go', () => {
  it('destroyed, with what stays', () => {
    expect(destructionText(place, destroyed)).toMatchInlineSnapshot(`
      "destroyed in context metal, namespace vdpactl-system: 1 object removed, 1 node clean
      stays, and is no longer part of a stack: Namespace vdpactl-system (it has what others have made: Pod vdpactl-system/x and 2 more)
      left on node n2: the host: the clean-up did not run within 180 s
      warning: the inventory of the stack is damaged (not JSON); its objects are found by their annotation instead
      "
    `);
  });
  it.each(['absent', 'declined'] as const)('%s', (state) => {
    expect(destructionText(place, { state, ...nothing })).toBe(
      `${state === 'absent' ? 'nothing is deployed' : 'nothing was changed'} in context metal, namespace vdpactl-system\n`,
    );
  });
  it('what a person is asked about', () => {
    const objects = destroyed.removals.map(({ ref }, index) => ({ ...ref, adopted: index === 2 }));
    expect(toDestroyText(objects, ['n1'])).toMatchInlineSnapshot(`
      "- delete  DaemonSet vdpactl-system/vdpactl-agent
      - delete  ConfigMap vdpactl-system/vdpactl-config
      - release Namespace vdpactl-system
      and what the stack left on 1 node
      "
    `);
  });
  it('has the same keys as data, whatever became of it', () => {
    const failed = failedDestructionFields(place, new VdpaError('VDPA-DESTROY-001', 'x', { next: 'y' }));
    const shapes = [
      destructionFields(place, destroyed),
      destructionFields(place, { state: 'absent', ...nothing }),
      destructionFields(place, { state: 'declined', ...nothing }),
      failed,
    ].map((fields) => Object.keys(fields));
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
    expect(destructionFields(place, destroyed)).toMatchObject({
      context: 'metal',
      state: 'destroyed',
      objects: [{ kind: 'DaemonSet', outcome: 'removed', why: null }, { outcome: 'absent' }, { outcome: 'released' }],
    });
  });
});
