// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { planStack } from '../../../src/cluster/deploy/plan-stack.ts';
import { refOf } from '../../../src/cluster/objects/object-ref.ts';
import { planFileOf, readPlanFile, verifyUnmoved, writePlanFile } from '../../../src/cluster/plan/plan-file.ts';
import type { ChangeSet, NodeChange, PlannedChange } from '../../../src/cluster/plan/planned-change.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { scratch } from '../../fixtures/scratch.ts';

const config = configSchema.parse({ kubernetes: { namespace: 'n' } });
const { plan } = planStack([{ node: 'aws-1', report: awsNode('aws-1') }], null, config, []);
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespace: 'n', name });
const change = (
  name: string,
  action: PlannedChange['action'],
  basedOn: string | null = 'as-it-was',
): PlannedChange => ({
  ...{ ref: ref(name), action, fields: [], adopted: false, force: false, unverified: null },
  basedOn: action === 'create' ? null : basedOn,
});
const node = (name: string, action: NodeChange['action']): NodeChange => ({ node: name, action, fields: [] });
const changes: ChangeSet = {
  objects: plan.objects.map((object) => ({ ...change('x', 'create'), ref: refOf(object) })),
  nodes: [node('aws-1', 'label')],
};
const file = planFileOf('https://one:6443/', config, plan, changes);

describe('a plan file', () => {
  const use = scratch();
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = use.folder();
    path = join(folder, 'plan.json');
  });

  it('comes back as it was written', () => {
    writePlanFile(path, 'plan.json', file, false);
    expect(readPlanFile(path, 'plan.json')).toEqual(JSON.parse(JSON.stringify(file)));
    expect(readFileSync(path, 'utf8')).toMatch(/\n$/);
  });

  it('replaces no file unless it is told to', () => {
    writePlanFile(path, 'plan.json', file, false);
    expect(() => writePlanFile(path, 'plan.json', file, false)).toThrow(
      expect.objectContaining({ code: 'VDPA-PLAN-002', exitCode: 2, where: 'plan.json' }),
    );
    writePlanFile(path, 'plan.json', { ...file, namespace: 'other' }, true);
    expect(readPlanFile(path, 'plan.json').namespace).toBe('other');
  });

  it('says what keeps it from being written', () => {
    mkdirSync(path);
    expect(() => writePlanFile(path, 'plan.json', file, true)).toThrow(
      expect.objectContaining({ code: 'VDPA-PLAN-002' }),
    );
    expect(() => writePlanFile(join(folder, 'no/plan.json'), 'no/plan.json', file, false)).toThrow(
      expect.objectContaining({ message: 'the plan cannot be written: its folder does not exist' }),
    );
  });

  it.each([
    ['is not there', null, 'the plan cannot be read (ENOENT)'],
    ['is not JSON', '{', 'the plan cannot be read'],
    ['is something else', '{"kind":"List"}', 'it is not a plan of vdpactl'],
    [
      'was made by another vdpactl',
      JSON.stringify({ ...file, version: '9.9.9' }),
      'it was made by vdpactl 9.9.9, and this is 0.0.0-test',
    ],
    [
      'holds an object without a name',
      JSON.stringify({ ...file, plan: { objects: [{ kind: 'X' }], nodes: [] } }),
      'it is not a plan of vdpactl: plan.objects.0',
    ],
  ])('cannot be used when it %s', (_, content, message) => {
    if (content !== null) writeFileSync(path, content);
    expect(() => readPlanFile(path, 'plan.json')).toThrow(
      expect.objectContaining({
        code: 'VDPA-PLAN-001',
        exitCode: 2,
        where: 'plan.json',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('is no plan, or one of vdpactl, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (content) => {
        writeFileSync(path, content);
        expect(() => readPlanFile(path, 'plan.json')).toThrow(expect.objectContaining({ code: 'VDPA-PLAN-001' }));
      }),
      { numRuns: 50 },
    );
  });
});

describe('whether a cluster is still as it was planned on', () => {
  const planned: ChangeSet = {
    objects: [
      change('new', 'create'),
      change('changed', 'configure'),
      change('same', 'unchanged'),
      change('old', 'delete'),
    ],
    nodes: [node('a', 'label'), node('b', 'unchanged'), node('c', 'release')],
  };
  const verify =
    (objects: readonly PlannedChange[], nodes: readonly NodeChange[] = []) =>
    () =>
      verifyUnmoved(planFileOf('s', config, plan, planned), { objects, nodes }, 'context c');

  it.each<[string, PlannedChange[], NodeChange[]]>([
    ['the same', [...planned.objects], [...planned.nodes]],
    [
      'what an interrupted run has done of it',
      [change('new', 'unchanged'), change('changed', 'configure')],
      [node('a', 'unchanged')],
    ],
    [
      'all of it done',
      [change('new', 'unchanged'), change('changed', 'unchanged'), change('same', 'unchanged')],
      [node('a', 'unchanged'), node('b', 'unchanged')],
    ],
    ['a node that has gone', [...planned.objects], []],
  ])('it is: %s', (_, objects, nodes) => expect(verify(objects, nodes)).not.toThrow());

  it.each<[string, PlannedChange[], NodeChange[], string]>([
    ['there now', [change('new', 'configure')], [], 'ConfigMap n/new: it is there now'],
    ['gone', [change('changed', 'create')], [], 'ConfigMap n/changed: it is gone'],
    ['changed', [change('changed', 'configure', 'otherwise')], [], 'ConfigMap n/changed: it was changed'],
    ['changed that was as wanted', [change('same', 'configure', 'otherwise')], [], 'ConfigMap n/same: it was changed'],
    ['changed that was to go', [change('old', 'delete', 'otherwise')], [], 'ConfigMap n/old: it was changed'],
    ['not part of it', [change('more', 'delete')], [], 'ConfigMap n/more: not part of the plan'],
    ['a node that came', [], [node('d', 'label')], 'node d: not as it was'],
    ['a node that was as wanted', [], [node('b', 'label')], 'node b: not as it was'],
  ])('it is not: %s', (_, objects, nodes, line) => {
    expect(verify(objects, nodes)).toThrow(
      expect.objectContaining({ code: 'VDPA-STACK-004', exitCode: 5, where: 'context c', details: [line] }),
    );
  });

  it('names twenty, and says how many more', () => {
    const many = Array.from({ length: 25 }, (_, index) => change(`m${index}`, 'create'));
    expect(verify(many)).toThrow(expect.objectContaining({ details: expect.arrayContaining(['and 5 more']) }));
  });
});
