// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployCommand } from '../../src/commands/deploy.ts';
import { clusterFolder } from './cluster-commands.ts';

const lab = clusterFolder();
const deploy = (...args: readonly string[]) => lab.run(deployCommand(), ...args);
const planned = ['--from', 'nodes.json', '--adopt', 'adopt-if-unowned', '--dry-run', 'server'];

describe('vdpactl deploy, its options', () => {
  it.each([
    ['--dry-run', 'server'],
    ['--from', 'nodes.json'],
    ['--plan', 'plan.json'],
    ['--rollback-on-failure'],
    ['--adopt', 'adopt-all'],
    ['--force-conflicts', 'all'],
    ['--allow-downgrade'],
    ['--probe-timeout', '9'],
  ])('%s is not lost on this machine', async (...option) => {
    await expect(deploy('--target', 'machine', ...option)).rejects.toMatchObject({
      code: 'VDPA-USAGE-001',
      message: `${option[0]}: for a cluster only, and --target is machine`,
    });
  });

  it('a dry run means a cluster, and never deploys on this machine', async () => {
    await expect(deploy('--dry-run', 'server', '--kubeconfig', 'nope')).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-001',
    });
  });

  it.each<[string[], string]>([
    [
      ['--plan', 'p', '--context', 'one', '--context', 'two'],
      '--plan is for one cluster, and there are several --context',
    ],
    [
      ['--plan', 'p', '--dry-run', 'client'],
      '--plan takes --dry-run server: it holds to what the API server has judged',
    ],
    [['--plan', 'p', '--from', 'nodes.json'], '--plan without --dry-run does what the file says, and takes no --from'],
  ])('%j are refused together', async (args, message) => {
    await expect(deploy(...args)).rejects.toMatchObject({ code: 'VDPA-USAGE-001', message });
  });
});

describe('vdpactl deploy --dry-run server', () => {
  it('prints what would be changed, and changes nothing', async () => {
    const { exit, document } = await deploy(...planned);
    expect(exit).toBe(0);
    expect(document).toMatchObject({
      schemaVersion: 'vdpactl/v1',
      target: 'kubernetes',
      clusters: [{ context: 'one', state: 'planned', error: null }],
    });
    expect(document.clusters[0].nodes).toMatchObject([
      { name: 'aws-1', provider: 'aws', backend: 'testpmd', devices: 1, action: 'label' },
    ]);
    expect(lab.api.writes.every(({ dryRun }) => dryRun)).toBe(true);
  });

  it('saves the plan, which is refused for another cluster, or when the cluster has moved', async () => {
    await deploy(...planned, '--plan', 'plan.json');
    const path = join(lab.folder, 'plan.json');
    const plan = JSON.parse(readFileSync(path, 'utf8'));
    expect(plan).toMatchObject({ kind: 'plan', namespace: 'vdpactl-system', version: '0.0.0-test' });
    const doIt = (...args: string[]) => deploy('--plan', 'plan.json', '--adopt', 'adopt-if-unowned', ...args);
    await expect(doIt('--context', 'away')).rejects.toMatchObject({ code: 'VDPA-PLAN-001' });
    await expect(doIt('--namespace', 'other')).rejects.toMatchObject({ code: 'VDPA-PLAN-001' });
    lab.api.put('/api/v1/namespaces', { metadata: { name: 'vdpactl-system', labels: { moved: 'yes' } } });
    await expect(doIt()).rejects.toMatchObject({
      code: 'VDPA-STACK-004',
      details: ['Namespace vdpactl-system: it was changed'],
    });
    // It was refused before anything changed: the lease is all there was, and it is gone.
    expect(lab.api.writes.filter(({ dryRun, path: at }) => !dryRun && !at.includes('/leases'))).toEqual([]);
    expect(
      lab.api.get('/apis/coordination.k8s.io/v1/namespaces/vdpactl-system/leases', 'vdpactl-system/vdpactl'),
    ).toBeUndefined();
  });

  it('overwrites no plan', async () => {
    writeFileSync(join(lab.folder, 'plan.json'), 'mine');
    await expect(deploy(...planned, '--plan', 'plan.json')).rejects.toMatchObject({ code: 'VDPA-PLAN-002' });
    expect(readFileSync(join(lab.folder, 'plan.json'), 'utf8')).toBe('mine');
    expect(existsSync(join(lab.folder, 'kubeconfig'))).toBe(true);
  });

  it('goes on with the next cluster when one fails, in one document', async () => {
    const { exit, document } = await deploy(...planned, '--context', 'away', '--context', 'two');
    expect(exit).toBe(3);
    expect(document.clusters).toMatchObject([
      { context: 'away', state: 'failed', error: { code: 'VDPA-CLUSTER-002', exitCode: 3 } },
      { context: 'two', state: 'planned', error: null },
    ]);
    expect(Object.keys(document.clusters[0])).toEqual(Object.keys(document.clusters[1]));
  });

  it('says in which cluster it went wrong, also of what knows of none', async () => {
    lab.api.put('/api/v1/nodes', { metadata: { name: 'aws-1', annotations: { 'vdpactl.io/owner': 'other' } } });
    await expect(deploy(...planned)).rejects.toMatchObject({ code: 'VDPA-STACK-001', where: 'context one' });
  });
});
