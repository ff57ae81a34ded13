// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { formatRun, isOverText, type RunIdentity } from '../node-pods/run-identity.ts';

/** A namespace that was made for probe pods only, and goes with the last run that uses it. */
const madeLabel = 'vdpactl.io/made-for';
const madeFor = 'detect';
/** One annotation a run that uses it. */
const userPrefix = 'detect.vdpactl.io/';

const namespaceSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    managedFields: z.array(z.object({ operation: z.string().nullish() })).nullish(),
  }),
});

type Namespace = z.infer<typeof namespaceSchema>;

/** Time for the namespace of the run before to be gone. */
const goneTimeoutMs = 60_000;
const pollMs = 500;

/**
 * The namespace for probe pods: made where it is missing, so that it allows what they need. `leave` removes it again when
 * it was made for this, nobody else uses it, and nothing was deployed into it meanwhile.
 */
export async function joinNamespace(
  client: KubeClient,
  name: string,
  run: RunIdentity,
  signal: AbortSignal,
): Promise<{ leave(): Promise<void> }> {
  const deadline = performance.now() + goneTimeoutMs;
  for (;;) {
    const found = await read(client, name, signal);
    if (found === null) {
      if (await create(client, name, run)) return { leave: () => leaveNamespace(client, name, run) };
    } else if (!found.metadata.deletionTimestamp) {
      if (!isOurs(found)) return { async leave() {} };
      const joined = await annotate(client, name, run, formatRun(run));
      // Whoever was last may have removed it meanwhile.
      if (joined && !joined.metadata.deletionTimestamp) return { leave: () => leaveNamespace(client, name, run) };
    } else if (performance.now() > deadline) {
      throw new ApiError(
        'VDPA-CLUSTER-005',
        `the namespace ${name} is being removed, and is not gone yet`,
        409,
        'Conflict',
        {
          where: `context ${client.access.context}`,
          next: `see what holds it up: kubectl get namespace ${name} -o yaml; or name another one with --namespace`,
        },
      );
    }
    await sleep(pollMs, undefined, { signal });
  }
}

async function leaveNamespace(client: KubeClient, name: string, run: RunIdentity): Promise<void> {
  // Each step may meet another run that comes or goes: whoever is last removes it.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const found = await annotate(client, name, run, null);
    if (found === null || found.metadata.deletionTimestamp || !isOurs(found) || isInUse(found)) return;
    const { uid, resourceVersion } = found.metadata;
    try {
      await client.request({
        method: 'DELETE',
        path: pathOf(name),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
      });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 409 && error.status !== 404)) throw error;
    }
  }
}

function isOurs({ metadata: { labels, managedFields } }: Namespace): boolean {
  const deployed = (managedFields ?? []).some(({ operation }) => operation === 'Apply');
  return labels?.[madeLabel] === madeFor && !deployed;
}

/** Whether another run uses it that still lives. */
function isInUse({ metadata: { annotations } }: Namespace): boolean {
  return Object.entries(annotations ?? {}).some(([key, user]) => key.startsWith(userPrefix) && !isOverText(user));
}

const pathOf = (name: string): string => `/api/v1/namespaces/${name}`;

async function read(client: KubeClient, name: string, signal?: AbortSignal): Promise<Namespace | null> {
  try {
    return namespaceSchema.parse(
      await client.request({ path: pathOf(name), ...(signal === undefined ? {} : { signal }) }),
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** false: somebody else was faster. */
async function create(client: KubeClient, name: string, run: RunIdentity): Promise<boolean> {
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/managed-by': 'vdpactl',
        [madeLabel]: madeFor,
        // The pods read the host.
        'pod-security.kubernetes.io/enforce': 'privileged',
      },
      annotations: { [`${userPrefix}${run.id}`]: formatRun(run) },
    },
  };
  return (await unlessGoneOrThere(client.request({ method: 'POST', path: '/api/v1/namespaces', body }))) !== null;
}

/** The namespace as it is then; null: it is gone. */
function annotate(client: KubeClient, name: string, run: RunIdentity, value: string | null): Promise<Namespace | null> {
  const body = { metadata: { annotations: { [`${userPrefix}${run.id}`]: value } } };
  const contentType = 'application/merge-patch+json';
  return unlessGoneOrThere(client.request({ method: 'PATCH', path: pathOf(name), body, contentType }));
}

async function unlessGoneOrThere(request: Promise<unknown>): Promise<Namespace | null> {
  try {
    return namespaceSchema.parse(await request);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return null;
    throw error;
  }
}
