// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { CheckLevel } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import type { ClusterFacts } from '../../src/check/cluster/cluster-facts.ts';
import { noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { rowsOf } from './facts.ts';

const node = {
  name: 'worker-1',
  kubeletVersion: 'v1.31.2',
  resourceName: 'vdpactl.io/vdpa',
  planned: 2,
  allocatable: 2,
};
const multus = { kind: 'thick', image: 'multus:v4.3.0-thick', namespace: 'kube-system', desired: 3, ready: 3 } as const;

/** A cluster in which nothing is wrong. */
const good: ClusterFacts = {
  serverVersion: 'v1.31.2',
  multus,
  hasNetworkAttachments: true,
  mayInstallMultus: true,
  permissions: [{ verb: 'patch', resource: 'daemonsets.apps', namespace: 'vdpactl-system', name: null, allowed: true }],
  nodes: [node],
  stack: { version: '0.1.0', stalePluginPods: [] },
  cliVersion: '0.1.0',
  unread: [],
};

type Case = [
  id: string,
  what: string,
  change: Partial<ClusterFacts>,
  level: CheckLevel,
  found: RegExp,
  hint: RegExp | null,
];

const cases: Case[] = [
  ['VDPA-KUBERNETES-001', 'an old server', { serverVersion: 'v1.24.17' }, 'fail', /v1\.24\.17/, /upgrade/],
  [
    'VDPA-KUBERNETES-001',
    'a version with a suffix',
    { serverVersion: 'v1.30.4-eks-abc', nodes: [] },
    'pass',
    /eks/,
    null,
  ],
  ['VDPA-KUBERNETES-001', 'no version', { serverVersion: 'unknown' }, 'warn', /"unknown"/, /kubectl version/],
  [
    'VDPA-KUBERNETES-001',
    'an old kubelet',
    { nodes: [{ ...node, kubeletVersion: 'v1.27.1' }] },
    'warn',
    /worker-1 is v1\.27\.1/,
    /upgrade the node/,
  ],
  [
    'VDPA-KUBERNETES-001',
    'a kubelet that is newer',
    { nodes: [{ ...node, kubeletVersion: 'v1.32.0' }] },
    'warn',
    /v1\.32\.0/,
    /upgrade/,
  ],
  ['VDPA-MULTUS-001', 'none, and one to be installed', { multus: null }, 'pass', /installed along/, null],
  [
    'VDPA-MULTUS-001',
    'none that should be there',
    { multus: null, mayInstallMultus: false },
    'fail',
    /none/,
    /kubernetes\.multus/,
  ],
  [
    'VDPA-MULTUS-001',
    'the thin one',
    { multus: { ...multus, kind: 'thin' } },
    'warn',
    /^thin, in kube-system/,
    /nothing has to be done/,
  ],
  [
    'VDPA-MULTUS-001',
    'one that does not run everywhere',
    { multus: { ...multus, ready: 1 } },
    'fail',
    /ready on 1 of 3 nodes/,
    /out of memory/,
  ],
  [
    'VDPA-MULTUS-001',
    'one without its resource',
    { hasNetworkAttachments: false },
    'fail',
    /no NetworkAttachmentDefinition/,
    /CustomResourceDefinition/,
  ],
  ['VDPA-PLUGIN-001', 'no stack yet', { stack: null }, 'skip', /no stack/, null],
  [
    'VDPA-PLUGIN-001',
    'no node with devices',
    { nodes: [{ ...node, planned: 0, allocatable: null }] },
    'skip',
    /no node/,
    null,
  ],
  [
    'VDPA-PLUGIN-001',
    'a resource that is not there',
    { nodes: [{ ...node, allocatable: null }] },
    'fail',
    /^worker-1: none of 2/,
    /restart the device plugin/,
  ],
  [
    'VDPA-PLUGIN-001',
    'too few',
    { nodes: [{ ...node, allocatable: 1 }] },
    'fail',
    /1 of 2 of vdpactl\.io\/vdpa/,
    /restart/,
  ],
  ['VDPA-PLUGIN-001', 'too many', { nodes: [{ ...node, allocatable: 3 }] }, 'warn', /3 of 2/, /render and apply/],
  ['VDPA-PLUGIN-002', 'no stack yet', { stack: null }, 'skip', /no stack/, null],
  [
    'VDPA-PLUGIN-002',
    'a pod that is older than its config',
    { stack: { version: '0.1.0', stalePluginPods: [{ pod: 'plugin-x', node: 'worker-1' }] } },
    'fail',
    /plugin-x runs with an older config/,
    /kubectl delete pod plugin-x/,
  ],
  [
    'VDPA-RBAC-001',
    'missing permissions',
    {
      permissions: [
        ...good.permissions,
        {
          verb: 'create',
          resource: 'clusterroles.rbac.authorization.k8s.io',
          namespace: null,
          name: null,
          allowed: false,
        },
        { verb: 'patch', resource: 'configmaps', namespace: 'a', name: 'b', allowed: false },
      ],
    },
    'fail',
    /^you may not create clusterroles\.rbac\.authorization\.k8s\.io and patch configmaps b in a$/,
    /vdpactl rbac/,
  ],
  ['VDPA-RBAC-001', 'no question', { permissions: [] }, 'skip', /nothing was asked/, null],
  ['VDPA-VERSION-001', 'another version', { cliVersion: '0.2.0' }, 'warn', /^0\.1\.0$/, /deploy again/],
  [
    'VDPA-VERSION-001',
    'no version',
    { stack: { version: null, stalePluginPods: [] } },
    'warn',
    /unknown version/,
    /deploy again/,
  ],
  ['VDPA-VERSION-001', 'no stack yet', { stack: null }, 'skip', /no stack/, null],
  ...(
    [
      ['VDPA-MULTUS-001', 'multus'],
      ['VDPA-PLUGIN-001', 'nodes'],
      ['VDPA-PLUGIN-001', 'stack'],
      ['VDPA-PLUGIN-002', 'stack'],
      ['VDPA-RBAC-001', 'permissions'],
      ['VDPA-VERSION-001', 'stack'],
    ] as const
  ).map(
    ([id, part]): Case => [
      id,
      `no answer about ${part}`,
      { unread: [{ part, why: 'you may not list daemonsets.apps' }] },
      'skip',
      /^not known: you may not list/,
      null,
    ],
  ),
];

describe('each check of a cluster', () => {
  it('is content where nothing is wrong', () => {
    const rows = runChecks({ ...noFacts, cluster: good }).filter(({ category }) => category === 'cluster');
    for (const row of rows) expect(row, row.id).toMatchObject({ level: 'pass', hint: null });
    expect(new Set(cases.map(([id]) => id))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(rows).toHaveLength(checks.filter(({ scope }) => scope === 'cluster').length);
  });

  it.each(cases)('%s with %s', (id, _what, change, level, found, hint) => {
    const [row, ...more] = rowsOf(id, { cluster: { ...good, ...change } });
    expect(more).toEqual([]);
    expect(row).toMatchObject({ level, node: null, found: expect.stringMatching(found) });
    if (hint === null) expect(row?.hint).toBeNull();
    else expect(row?.hint).toMatch(hint);
  });
});
