// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { apiError } from '../../../src/cluster/client/api-error.ts';
import type { ClusterAccess } from '../../../src/cluster/client/kubeconfig.ts';
import { kubeconfigSchema, userSchema } from '../../../src/cluster/client/kubeconfig-schema.ts';

const [{ cluster } = { cluster: undefined }] = kubeconfigSchema.parse({
  clusters: [{ name: 'c', cluster: { server: 'https://c' } }],
}).clusters;
if (cluster === undefined) throw new Error('no cluster');
const access: ClusterAccess = {
  context: 'lab',
  server: new URL('https://c'),
  cluster,
  userName: 'u',
  user: userSchema.parse({}),
  namespace: null,
};

const status = (message: string, reason = '', more: object = {}) =>
  JSON.stringify({ kind: 'Status', message, reason, ...more });

it.each<[string, number, string, object]>([
  [
    'a right in a namespace',
    403,
    status(
      'pods "x" is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "ns"',
      'Forbidden',
    ),
    { code: 'VDPA-CLUSTER-003', message: 'the user jane may not create pods in the namespace ns', reason: 'Forbidden' },
  ],
  [
    'a right in the whole cluster, of a group',
    403,
    status('x is forbidden: User "a:b" cannot patch resource "daemonsets" in API group "apps" at the cluster scope'),
    { code: 'VDPA-CLUSTER-003', message: 'the user a:b may not patch daemonsets.apps' },
  ],
  [
    'a path',
    403,
    status('forbidden: User "jane" cannot get path "/metrics"'),
    { code: 'VDPA-CLUSTER-003', message: 'the user jane may not get /metrics' },
  ],
  [
    'a subresource',
    403,
    status('x: User "jane" cannot get resource "pods/log" in API group "" in the namespace "ns"'),
    { message: 'the user jane may not get pods/log in the namespace ns' },
  ],
  [
    'a quota',
    403,
    status('pods "x" is forbidden: exceeded quota: few', 'Forbidden'),
    {
      code: 'VDPA-CLUSTER-006',
      message: 'the API server refused POST /api/v1/x: pods "x" is forbidden: exceeded quota: few',
    },
  ],
  ['credentials', 401, status('Unauthorized', 'Unauthorized'), { code: 'VDPA-CLUSTER-004', exitCode: 3, status: 401 }],
  ['its own time', 504, status('took too long', 'Timeout'), { code: 'VDPA-CLUSTER-005', exitCode: 4 }],
  [
    'what it is not',
    404,
    '<html>\nnot here',
    { code: 'VDPA-CLUSTER-006', message: expect.stringMatching(/: <html>$/) },
  ],
  ['nothing', 418, '', { message: 'the API server refused POST /api/v1/x: status 418' }],
  [
    'several causes',
    422,
    status('is invalid', 'Invalid', {
      details: {
        causes: [
          { field: 'spec.a', message: 'no' },
          { field: 'spec.b', message: 'neither' },
        ],
      },
    }),
    { reason: 'Invalid', details: ['spec.a: no', 'spec.b: neither'] },
  ],
])('%s', (_, code, body, expected) => {
  expect(apiError(code, body, { method: 'POST', path: '/api/v1/x?dryRun=All' }, access)).toMatchObject({
    where: 'context lab',
    ...expected,
  });
});
