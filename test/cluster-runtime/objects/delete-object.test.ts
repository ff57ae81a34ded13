// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/cluster/client/api-error.ts';
import type { ApiRequest } from '../../../src/cluster/client/api-request.ts';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { deleteObject } from '../../../src/cluster/objects/delete-object.ts';
import type { ObjectRef } from '../../../src/cluster/objects/object-ref.ts';

const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets', namespace: 'n', name: 'a' };
const live = { metadata: { name: 'a', uid: 'u' } };

/** Remembers what it is asked, and answers it. */
function client(answer: () => unknown = () => ({})): { readonly client: KubeClient; readonly asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const request = async (each: ApiRequest) => {
    asked.push(each);
    return answer();
  };
  return { client: { request } as unknown as KubeClient, asked };
}

describe('deleteObject', () => {
  it.each([
    ['DaemonSet', 'Foreground'],
    ['Deployment', 'Foreground'],
    ['CronJob', 'Foreground'],
    ['NetworkAttachmentDefinition', 'Background'],
    ['ConfigMap', 'Background'],
    ['Namespace', 'Background'],
  ])('has the pods of a %s go first where it has some (%s), and deletes that very object', async (kind, policy) => {
    const { client: own, asked } = client();
    await deleteObject(own, { ...ref, kind }, live);
    expect(asked).toMatchObject([
      { method: 'DELETE', body: { propagationPolicy: policy, preconditions: { uid: 'u' } } },
    ]);
  });

  it.each([
    [404, true],
    [409, true],
    [403, false],
  ])('takes status %i for gone: %s', async (status, isGone) => {
    const refused = client(() => {
      throw new ApiError('VDPA-CLUSTER-006', 'no', status, '', { next: 'n' });
    });
    const done = deleteObject(refused.client, ref, live);
    await (isGone ? expect(done).resolves.toBeUndefined() : expect(done).rejects.toMatchObject({ status }));
  });
});
