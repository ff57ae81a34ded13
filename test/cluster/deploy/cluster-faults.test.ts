// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import type { ClusterState } from '../helpers/cluster-state.ts';
import { stateDifferences } from '../helpers/cluster-state.ts';
import { deployArguments, type StackLab } from '../helpers/stack-lab.ts';
import { cannotRunStacks, failedWith, stackSuite, succeeded } from '../helpers/stack-suite.ts';

const agent = ['-n', 'vdpactl-system', 'daemonset', 'vdpactl-agent'] as const;

/** What changed but for the lease, which says when somebody last looked. */
async function changes(lab: StackLab, before: ClusterState): Promise<string[]> {
  return stateDifferences(before, await lab.state()).filter(
    (line) => !line.includes('leases.coordination.k8s.io vdpactl-system/vdpactl'),
  );
}

describe.skipIf(cannotRunStacks())('a cluster that others change too', () => {
  const suite = stackSuite({ reports: [awsNode('node-1'), awsNode('node-2')], config: {} });

  test('has fields of another manager: named before anything changes, and taken over only when asked', async () => {
    const { lab } = suite;
    const { kubectl } = lab.cluster;
    succeeded(await lab.deploy());
    const patch = JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { maxUnavailable: '50%' } } } });
    await kubectl.ok('patch', ...agent, '--field-manager=ops', '--type=merge', '-p', patch);
    const before = await lab.settledState();
    lab.configure({ kubernetes: { workloads: ['l3fwd', 'seawreck'] } });
    failedWith(
      await lab.deploy(),
      5,
      'VDPA-STACK-002',
      'DaemonSet vdpactl-system/vdpactl-agent',
      '.spec.updateStrategy.rollingUpdate.maxUnavailable',
      'ops',
    );
    expect(await changes(lab, before)).toEqual([]);
    succeeded(await lab.deploy('--force-conflicts', 'DaemonSet/vdpactl-agent'));
    expect(
      await kubectl.ok('get', ...agent, '-o', 'jsonpath={.spec.updateStrategy.rollingUpdate.maxUnavailable}'),
    ).toBe('10%');
  });

  test('has a policy that rejects an object: found before anything changes', async () => {
    const { lab, before } = suite;
    const { kubectl } = lab.cluster;
    succeeded({ ...(await kubectl.apply(policy)), code: 0, signal: null, ms: 0 });
    const probe = JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: 'vdpactl-device-plugin', namespace: 'default' },
    });
    const tried = async () => (await kubectl.apply(probe, '--dry-run=server')).exitCode;
    await expect.poll(tried, { timeout: 30_000 }).toBe(1);
    try {
      failedWith(await lab.deploy(), 5, 'VDPA-STACK-003', 'vdpactl-device-plugin', 'not on a Friday');
    } finally {
      await kubectl.ok('delete', 'validatingadmissionpolicy,validatingadmissionpolicybinding', 'lab-friday');
      // The server goes by a copy of it for a moment longer.
      await expect.poll(tried, { timeout: 30_000 }).toBe(0);
    }
    expect(await lab.differences(before)).toEqual([]);
  });

  test('has an object that somebody else is deleting: it is there afterwards', async () => {
    const { lab } = suite;
    const { kubectl } = lab.cluster;
    succeeded(await lab.deploy());
    const map = ['-n', 'vdpactl-system', 'configmap', 'vdpactl-config'] as const;
    await kubectl.ok('patch', ...map, '--type=merge', '-p', '{"metadata":{"finalizers":["lab.invalid/hold"]}}');
    await kubectl.ok('delete', ...map, '--wait=false');
    const running = lab.start(deployArguments);
    await sleep(2_500);
    await kubectl.ok('patch', ...map, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    succeeded(await running.ended);
    expect(await kubectl.ok('get', ...map, '-o', 'jsonpath={.metadata.deletionTimestamp}{.metadata.name}')).toBe(
      'vdpactl-config',
    );
    succeeded(await lab.run(['diff', '--from', 'reports.json']));
  });

  test('has a DaemonSet that somebody deletes while it is waited for: the next run brings it back', async () => {
    const { lab } = suite;
    const { kubectl } = lab.cluster;
    for (const host of lab.hosts) host.override = () => ({ kind: 'runs', afterMs: 4_000 });
    const running = lab.start([...deployArguments, '--timeout', '10']);
    await running.saw('Waiting for the parts');
    await kubectl.ok('delete', ...agent, '--wait=false');
    const { code } = await running.ended;
    expect(code).not.toBe(0);
    for (const host of lab.hosts) host.override = () => undefined;
    succeeded(await lab.deploy());
  });

  test('has a node whose pods never become ready: named, and gone on with later', async () => {
    const { lab } = suite;
    const [host] = lab.hosts;
    if (host === undefined) throw new Error('no host');
    host.override = () => ({ kind: 'waits', reason: 'ContainerCreating', message: '' });
    failedWith(await lab.deploy('--timeout', '5'), 4, 'node-1', 'VDPA-');
    host.override = () => undefined;
    // The pods that are there stay as they are: nobody looks after them.
    await lab.cluster.kubectl.ok('delete', 'pods', '-n', 'vdpactl-system', '--all', '--force');
    succeeded(await lab.deploy());
  });

  test('has a node that is not ready: named', async () => {
    const { lab } = suite;
    const [host] = lab.hosts;
    if (host === undefined) throw new Error('no host');
    host.override = () => ({ kind: 'ignored' });
    await lab.cluster.simulator.setReady('node-1', 'Unknown', 'kubelet stopped posting node status');
    try {
      failedWith(await lab.deploy('--timeout', '5'), 4, 'node-1');
    } finally {
      await lab.cluster.simulator.setReady('node-1', 'True');
      host.override = () => undefined;
      await lab.cluster.kubectl.run('delete', 'pods', '-n', 'vdpactl-system', '--all', '--force');
    }
    succeeded(await lab.deploy());
  });
});

const name = 'lab-friday';
const policy = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
          ],
        },
        validations: [{ expression: "object.metadata.name != 'vdpactl-device-plugin'", message: 'not on a Friday' }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ],
});
