// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Permission, RequiredPermission } from '../../check/cluster/cluster-facts.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';

const parallel = 8;
const apiVersion = 'authorization.k8s.io/v1';
const reviewSchema = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });

/** Asks the API server what this user may do. Everybody may ask that of themselves. */
export async function askPermissions(
  client: KubeClient,
  required: readonly RequiredPermission[],
  signal: AbortSignal,
): Promise<Permission[]> {
  return inParallel(required, parallel, async (permission) => {
    const spec = { resourceAttributes: attributesOf(permission) };
    const body = { apiVersion, kind: 'SelfSubjectAccessReview', spec };
    const path = `/apis/${apiVersion}/selfsubjectaccessreviews`;
    const { status } = reviewSchema.parse(
      await client.request({ method: 'POST', path, body, repeatable: true, signal }),
    );
    return { ...permission, allowed: status.allowed };
  });
}

function attributesOf({ verb, resource: text, namespace, name }: RequiredPermission) {
  const [kind = '', subresource] = text.split('/');
  const [resource = '', ...group] = kind.split('.');
  return {
    verb,
    group: group.join('.'),
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === null ? {} : { namespace }),
    ...(name === null ? {} : { name }),
  };
}
