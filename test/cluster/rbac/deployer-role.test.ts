// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { noFacts } from '../../../src/check/facts.ts';
import { runChecks } from '../../../src/check/run-checks.ts';
import { applyPatch, connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { gatherClusterFacts } from '../../../src/cluster/facts/gather-cluster-facts.ts';
import { preflight } from '../../../src/cluster/facts/preflight.ts';
import { deployerRole } from '../../../src/cluster/rbac/deployer-role.ts';
import { requiredGrants } from '../../../src/cluster/rbac/required-rules.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';

const { kubeconfig } = inject('cluster');
/** The authorizer learns of a change a moment later. */
const quickly = { interval: 50, timeout: 10_000 };
const user = 'rbac-deployer';
const { signal } = new AbortController();
const config = configSchema.parse({
  kubernetes: { namespace: 'rbac-system', workloadNamespace: 'rbac-workloads', workloads: ['l3fwd', 'seawreck'] },
});
const objects = deployerRole(config, [{ kind: 'User', name: user }]);
const roles = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');

describe('the roles that vdpactl rbac prints', () => {
  let admin: KubeClient;
  let client: KubeClient;

  beforeAll(async () => {
    admin = connect({ kubeconfig }, {}, '/', null);
    client = connect({ kubeconfig, as: user }, {}, '/', null);
    for (const object of objects) await apply(admin, object);
  });

  afterAll(async () => {
    for (const object of objects) await admin.request({ method: 'DELETE', path: pathOf(object) });
    client.close();
    admin.close();
  });

  test('let their user do all that is asked for, and nobody else', async () => {
    await expect
      .poll(() => verdict(client), quickly)
      .toEqual({ level: 'pass', found: expect.stringMatching(/^\d+ permissions$/) });
    await expect(preflight(client, config, signal)).resolves.toBeUndefined();
    await expect(preflight(admin, config, signal)).resolves.toBeUndefined();
    const other = connect({ kubeconfig, as: 'rbac-nobody' }, {}, '/');
    const refused = preflight(other, config, signal);
    await expect(refused).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-003',
      message: expect.stringMatching(/^you lack \d+ rights/),
      details: expect.arrayContaining(
        [
          'may not get, patch, create, delete, watch daemonsets.apps in the namespace rbac-system',
          'may not patch, list, watch nodes',
        ].map(sameWords),
      ),
    });
    expect(await verdict(other)).toMatchObject({ level: 'fail' });
    other.close();
  });

  test.each(
    roles
      .flatMap((role) =>
        requiredGrants(config)
          .filter(({ namespace }) => namespace === (role.metadata.namespace ?? null))
          .flatMap((grant, index) => grant.verbs.map(({ verb }) => [verb, grant, role, index] as const)),
      )
      .map(([verb, grant, role, index]) => ({
        name: `${verb} ${grant.resource} ${grant.names?.join() ?? ''} in ${grant.namespace ?? 'the cluster'}`,
        ...{ verb, role, index },
      })),
  )('fail without $name', async ({ verb, role, index }) => {
    await apply(admin, without(role, index, verb));
    await expect
      .poll(() => verdict(client), quickly)
      .toMatchObject({ level: 'fail', found: expect.stringContaining(verb) });
    await apply(admin, role);
    await expect.poll(() => verdict(client), quickly).toMatchObject({ level: 'pass' });
  });
});

/** The order of verbs is nobody's business. */
function sameWords(text: string): unknown {
  return { asymmetricMatch: (other: string) => words(other) === words(text), toString: () => text };
}
const words = (text: string): string => text.split(/,? /).sort().join(' ');

async function verdict(client: KubeClient): Promise<{ level: string; found: string }> {
  const cluster = await gatherClusterFacts(client, config, signal);
  const [row] = runChecks({ ...noFacts, cluster }, { only: ['VDPA-RBAC-001'] });
  return { level: row?.level ?? '', found: row?.found ?? '' };
}

/** The role without one verb of one of its rules. */
function without(role: KubernetesObject, at: number, verb: string): KubernetesObject {
  const rules = role['rules'] as unknown as { verbs: string[] }[];
  const changed = rules.map((rule, index) =>
    index === at ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) } : rule,
  );
  return { ...role, rules: changed.filter(({ verbs }) => verbs.length > 0) } as unknown as KubernetesObject;
}

function apply(client: KubeClient, object: KubernetesObject): Promise<unknown> {
  const query = { fieldManager: 'admin', force: true };
  return client.request({ method: 'PATCH', path: pathOf(object), contentType: applyPatch, query, body: object });
}

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind.toLowerCase()}s/${name}`;
}
