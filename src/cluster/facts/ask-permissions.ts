// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Permission, RequiredPermission } from '../../check/cluster/cluster-facts.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';

const parallel = 8;
const apiVersion = 'authorization.k8s.io/v1';
const reviewSchema = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });

/** The rights of an administrator, which most deployers are. */
const everything = { verb: '*', group: '*', resource: '*' };

/** Asks the API server what this user may do. Everybody may ask that of themselves. */
export async function askPermissions(
  client: KubeClient,
  required: readonly RequiredPermission[],
  signal: AbortSignal,
): Promise<Permission[]> {
  // One question instead of one a verb: requests are counted, here and by the server.
  if (await isAllowed(client, everything, signal)) return required.map((each) => ({ ...each, allowed: true }));
  return inParallel(required, parallel, async (permission) => {
    return { ...permission, allowed: await isAllowed(client, attributesOf(permission), signal) };
  });
}

async function isAllowed(client: KubeClient, resourceAttributes: object, signal: AbortSignal): Promise<boolean> {
  const body = { apiVersion, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const path = `/apis/${apiVersion}/selfsubjectaccessreviews`;
  const answer = await client.request({ method: 'POST', path, body, repeatable: true, signal });
  return reviewSchema.parse(answer).status.allowed;
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
