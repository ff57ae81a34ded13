// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { applyObject } from '../../../src/cluster/objects/apply-object.ts';
import { readLive } from '../../../src/cluster/objects/live-object.ts';
import { type ObjectRef, pathOf, refOf } from '../../../src/cluster/objects/object-ref.ts';
import { withOwner } from '../../../src/cluster/stack/owner.ts';
import { judgeDrift } from '../../../src/cluster/status/judge-drift.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { probe } from '../../../src/platform/probe.ts';
import { decide } from '../../../src/providers/decide.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import { allNodes } from '../../fixtures/nodes.ts';
import { withTree } from '../../fixtures/tree.ts';

const namespace = 'drift-system';
const config = configSchema.parse({
  kubernetes: { namespace, workloadNamespace: 'drift', workloads: ['l3fwd', 'seawreck'], multus: 'install' },
});
const agent: ObjectRef = {
  ...{ apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets' },
  ...{ namespace, name: 'vdpactl-agent' },
};

/** What the server keeps about who has set which field, of everything that is rendered. */
describe('drift of a stack, as a real API server tells it', () => {
  let client: KubeClient;
  let objects: readonly KubernetesObject[];

  beforeAll(async () => {
    client = connect({ kubeconfig: inject('cluster').kubeconfig }, {}, '/');
    objects = rendered();
    for (const object of objects) await apply(object);
  });
  afterAll(async () => {
    for (const object of [...objects].reverse()) {
      if (object.kind === 'CustomResourceDefinition') continue;
      await client.request({ method: 'DELETE', path: pathOf(refOf(object)) }).catch(() => {});
    }
    client.close();
  });

  async function apply(object: KubernetesObject): Promise<void> {
    // A kind that was just made is not known at once.
    for (let attempt = 0; ; attempt += 1) {
      try {
        // Other tests leave objects of the whole cluster behind.
        await applyObject(client, refOf(object), withOwner(object, namespace), { force: true });
        return;
      } catch (error) {
        if (attempt > 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  async function drift() {
    const live = await Promise.all(
      objects.map(async (object) => ({ ref: refOf(object), live: await readLive(client, refOf(object)) })),
    );
    return judgeDrift(live, objects, namespace);
  }

  const patch = (ref: ObjectRef, body: object, manager: string) =>
    client.request({
      method: 'PATCH',
      path: pathOf(ref),
      contentType: 'application/strategic-merge-patch+json',
      query: { fieldManager: manager },
      body,
    });

  test('there is none of what was just applied, whatever its kind', async () => {
    expect(new Set(objects.map(({ kind }) => kind)).size).toBeGreaterThan(7);
    expect(await drift()).toEqual([]);
  });

  test('names the fields that somebody has set or removed, and who', async () => {
    const spec = { template: { spec: { containers: [{ name: 'agent', image: 'registry.invalid/other:1' }] } } };
    await patch(agent, { spec }, 'somebody');
    await patch(agent, { metadata: { labels: { 'app.kubernetes.io/name': null } } }, 'kubectl-label');
    expect(await drift()).toEqual([
      {
        object: 'DaemonSet drift-system/vdpactl-agent',
        what: 'fields',
        fields: [
          { path: '.metadata.labels["app.kubernetes.io/name"]', manager: null },
          { path: '.spec.template.spec.containers[name=agent].image', manager: 'somebody' },
        ],
      },
    ]);
  });

  test('does not mind what others add', async () => {
    const object = objects.find(({ kind, metadata }) => kind === 'DaemonSet' && metadata.name === agent.name);
    if (object === undefined) throw new Error('no agent');
    await applyObject(client, agent, withOwner(object, namespace), { force: true });
    await patch(agent, { metadata: { annotations: { 'somebody.invalid/note': 'x' } } }, 'somebody');
    expect(await drift()).toEqual([]);
  });

  test('knows what is gone', async () => {
    await client.request({ method: 'DELETE', path: pathOf(agent) });
    expect(await drift()).toEqual([{ object: 'DaemonSet drift-system/vdpactl-agent', what: 'missing', fields: [] }]);
  });
});

/** For every kind of node there is, and Multus with its definition. */
function rendered(): readonly KubernetesObject[] {
  const nodes = Object.values(allNodes).map((tree) => {
    const report = withTree(tree, (root) => probe({ root }));
    return { report, decision: decide(report, config) };
  });
  return renderKubernetes({ nodes, config }).objects;
}
