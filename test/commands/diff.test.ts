// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { diffCommand } from '../../src/commands/diff.ts';
import { clusterFolder } from './cluster-commands.ts';

const lab = clusterFolder();
const diff = (...args: readonly string[]) =>
  lab.run(diffCommand(), '--from', 'nodes.json', '--adopt', 'adopt-all', ...args);

it('exits with 1 for a difference, names its fields, and changes nothing', async () => {
  const { exit, document } = await diff();
  expect(exit).toBe(1);
  expect(document.clusters).toMatchObject([{ state: 'planned', error: null }]);
  const own = document.clusters[0].objects.find((object: { name: string }) => object.name === 'vdpactl-system');
  expect(own).toMatchObject({
    action: 'configure',
    adopted: true,
    fields: expect.arrayContaining([{ path: '.metadata.annotations', to: { 'vdpactl.io/owner': 'vdpactl-system' } }]),
  });
  expect(lab.api.writes.every(({ dryRun }) => dryRun)).toBe(true);
});

it('exits with 0 where all is as it would be deployed, and has the same keys', async () => {
  lab.api.put('/api/v1/namespaces', { metadata: { name: 'vdpactl-workloads' } });
  const before = await diff();
  for (const { path, body } of [...lab.api.writes]) lab.api.put(path.slice(0, path.lastIndexOf('/')), body as never);
  const fields: { path: string; to: string }[] = before.document.clusters[0].nodes[0].fields;
  const labels = Object.fromEntries(fields.map(({ path, to }) => [path.split('"')[1] ?? '', to]));
  expect(Object.keys(labels)).toContain('vdpactl.io/provider');
  lab.api.put('/api/v1/nodes', {
    metadata: { name: 'aws-1', uid: 'u', labels, annotations: { 'vdpactl.io/owner': 'vdpactl-system' } },
  });
  const { exit, document } = await diff();
  expect(document.clusters[0].objects.filter(({ action }: { action: string }) => action !== 'unchanged')).toEqual([]);
  expect(document.clusters[0].nodes).toMatchObject([{ action: 'unchanged' }]);
  expect(document.clusters).toMatchObject([{ state: 'unchanged' }]);
  expect(exit).toBe(0);
  expect(Object.keys(document.clusters[0])).toEqual(Object.keys(before.document.clusters[0]));
});

it('exits with more than 1 for an error', async () => {
  await expect(diff('--context', 'away')).rejects.toMatchObject({ code: 'VDPA-CLUSTER-002', exitCode: 3 });
  expect((await diff('--context', 'away', '--context', 'one')).exit).toBe(3);
});
