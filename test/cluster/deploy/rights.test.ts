// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { deployArguments, destroyArguments } from '../helpers/stack-lab.ts';
import { cannotRunStacks, failedWith, stackSuite, succeeded } from '../helpers/stack-suite.ts';

const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const reading = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] };

/** A role under the name of a user, and that user bound to it. */
function roleOf(user: string, rules: readonly object[]): string {
  const group = 'rbac.authorization.k8s.io';
  const items = [
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: user }, rules },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: user },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup: group, kind: 'User', name: user }],
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

describe.skipIf(cannotRunStacks())('a user', () => {
  const suite = stackSuite({
    reports: [awsNode('node-1')],
    config: {},
    users: { reader: [], 'no-daemonsets': [], nobody: [] },
  });

  async function bind(user: string, rules: readonly object[]): Promise<() => Promise<unknown>> {
    const { kubectl } = suite.lab.cluster;
    expect((await kubectl.apply(roleOf(user, rules))).exitCode).toBe(0);
    return () => kubectl.ok('delete', 'clusterrole,clusterrolebinding', user);
  }

  test.each([
    ['nobody', [], /may not .*patch.* nodes/],
    ['reader', [reading], /may not patch, create, delete namespaces vdpactl-system/],
    [
      'no-daemonsets',
      [
        {
          ...everything,
          resources: [
            'namespaces',
            'configmaps',
            'serviceaccounts',
            'leases',
            'clusterroles',
            'clusterrolebindings',
            'customresourcedefinitions',
            'nodes',
            'pods',
          ],
        },
        reading,
      ],
      /may not patch, create, delete daemonsets\.apps in the namespace vdpactl-system/,
    ],
  ])('%s is told which right is missing, and nothing is changed', async (user, rules, words) => {
    const { lab, before } = suite;
    const unbind = await bind(user, rules);
    try {
      const kubeconfig = lab.proxy.kubeconfigOf(user);
      const result = failedWith(await lab.run(deployArguments, { kubeconfig }), 5, 'VDPA-CLUSTER-003');
      expect(result.stderr).toMatch(words);
    } finally {
      await unbind();
    }
    expect(await lab.differences(before)).toEqual([]);
  });

  test('that loses a right in the middle leaves what an administrator goes on with', async () => {
    const { lab } = suite;
    const message =
      'nodes "node-1" is forbidden: User "ops" cannot patch resource "nodes" in API group "" at the cluster scope';
    const body = JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Forbidden', message, code: 403 });
    lab.proxy.treat = ({ method, path }) =>
      method === 'PATCH' && path.startsWith('/api/v1/nodes/') ? { answer: { status: 403, body } } : null;
    failedWith(await lab.run(deployArguments), 5, 'VDPA-CLUSTER-003', 'may not patch nodes');
    // It was in the middle.
    await lab.cluster.kubectl.ok('get', '-n', 'vdpactl-system', 'daemonset', 'vdpactl-agent');
    lab.proxy.reset();
    succeeded(await lab.deploy());
    succeeded(await lab.run(destroyArguments));
  });
});
