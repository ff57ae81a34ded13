// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { transcript } from '../../local/helpers/cli.ts';
import { deployArguments, destroyArguments, type StackLab } from '../helpers/stack-lab.ts';
import { cannotRunStacks, failedWith, stackSuite, succeeded } from '../helpers/stack-suite.ts';

const inventory = ['-n', 'vdpactl-system', 'configmap', 'vdpactl-inventory'] as const;
const diff = ['diff', '--from', 'reports.json'];

/** Changes the record in the inventory, as somebody would by hand. */
async function editRecord(lab: StackLab, edit: (record: Record<string, unknown>) => object): Promise<void> {
  const { kubectl } = lab.cluster;
  const { data } = JSON.parse(await kubectl.ok('get', ...inventory, '-o', 'json'));
  const record = JSON.stringify(edit(JSON.parse(data['inventory.json'])));
  await kubectl.ok('patch', ...inventory, '--type=merge', '-p', JSON.stringify({ data: { 'inventory.json': record } }));
}

const damages: readonly (readonly [string, (lab: StackLab) => Promise<unknown>])[] = [
  ['deleted', (lab) => lab.cluster.kubectl.ok('delete', ...inventory)],
  [
    'full of garbage',
    (lab) => lab.cluster.kubectl.ok('patch', ...inventory, '--type=merge', '-p', '{"data":{"inventory.json":"{]"}}'),
  ],
  [
    'without its plan',
    (lab) =>
      lab.cluster.kubectl.ok('patch', ...inventory, '--type=merge', '-p', '{"binaryData":{"stack.json.gz":"AAAA"}}'),
  ],
  ['without any object', (lab) => editRecord(lab, (record) => ({ ...record, objects: [] }))],
  [
    'naming an object that never was',
    (lab) =>
      editRecord(lab, (record) => ({
        ...record,
        objects: [
          ...(Array.isArray(record['objects']) ? record['objects'] : []),
          { apiVersion: 'v9', kind: 'Nothing', resource: 'nothings', namespace: 'nowhere', name: 'never' },
        ],
      })),
  ],
  [
    "naming somebody else's object",
    (lab) =>
      editRecord(lab, (record) => ({
        ...record,
        objects: [
          ...(Array.isArray(record['objects']) ? record['objects'] : []),
          { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespace: null, name: 'kube-public' },
        ],
      })),
  ],
];

describe.skipIf(cannotRunStacks())('an inventory', () => {
  const suite = stackSuite({ reports: [awsNode('node-1')], config: {} });

  test.each(damages)('that is %s is whole again after deploy, and keeps destroy from nothing', async (_, damage) => {
    const { lab, before } = suite;
    succeeded(await lab.deploy());
    await damage(lab);
    succeeded(await lab.deploy());
    succeeded(await lab.run(diff));
    const record = JSON.parse(
      await lab.cluster.kubectl.ok('get', ...inventory, '-o', 'jsonpath={.data.inventory\\.json}'),
    );
    expect(record).toMatchObject({ state: 'deployed' });
    expect(record.objects.length).toBeGreaterThan(10);
    await damage(lab);
    succeeded(await lab.destroy());
    expect(await lab.differences(before)).toEqual([]);
  });

  test('of a newer vdpactl is left alone by an older one, unless that is wanted; destroy works', async () => {
    const { lab } = suite;
    succeeded(await lab.deploy());
    await editRecord(lab, (record) => ({ ...record, version: '999.0.0' }));
    failedWith(await lab.deploy(), 5, 'VDPA-STACK-005', '999.0.0');
    succeeded(await lab.deploy('--allow-downgrade'));
    await editRecord(lab, (record) => ({ ...record, version: '999.0.0' }));
    succeeded(await lab.destroy());
  });

  test('of an older vdpactl is taken over', async () => {
    const { lab } = suite;
    succeeded(await lab.deploy());
    await editRecord(lab, (record) => ({ ...record, version: '0.0.1' }));
    succeeded(await lab.deploy());
  });
});

describe.skipIf(cannotRunStacks())('two at once', () => {
  const suite = stackSuite({ reports: [awsNode('node-1')], config: {} });

  test('or three, that deploy quickly, take turns or are told who is at work', async () => {
    const { lab } = suite;
    const ends = await Promise.all([lab.deploy(), lab.deploy(), lab.deploy()]);
    expect(ends.map(({ code }) => code)).toContain(0);
    for (const end of ends) if (end.code !== 0) failedWith(end, 5, 'VDPA-LOCK-001');
    succeeded(await lab.run(diff));
  });

  test('of which one takes long: the other is told who is at work, and changes nothing', async () => {
    const { lab } = suite;
    for (const host of lab.hosts) host.override = () => ({ kind: 'runs', afterMs: 9_000 });
    const first = lab.start(deployArguments);
    await first.saw('Waiting for the parts');
    const [second, third] = await Promise.all([lab.run(deployArguments), lab.run(destroyArguments)]);
    failedWith(second, 5, 'VDPA-LOCK-001', 'is changing this stack');
    failedWith(third, 5, 'VDPA-LOCK-001', 'is changing this stack');
    const result = await first.ended;
    expect(result.code, transcript(result)).toBe(0);
  });

  test('of which one deploys and the other destroys leave all or nothing', async () => {
    const { lab } = suite;
    const [deployed, destroyed] = await Promise.all([lab.deploy(), lab.destroy()]);
    for (const { code } of [deployed, destroyed]) expect([0, 5]).toContain(code);
    succeeded(await lab.deploy());
    succeeded(await lab.run(diff));
  });
});
