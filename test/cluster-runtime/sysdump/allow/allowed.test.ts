// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { renderedKinds } from '../../../../src/cluster/objects/object-ref.ts';
import { allowedEvent } from '../../../../src/cluster/sysdump/allow/event.ts';
import { allowedNode } from '../../../../src/cluster/sysdump/allow/node.ts';
import { allowedObject } from '../../../../src/cluster/sysdump/allow/object.ts';
import { allowedPod } from '../../../../src/cluster/sysdump/allow/pod.ts';
import { configSchema } from '../../../../src/config/config-schema.ts';
import { valueAt } from '../../../../src/config/plain-data.ts';
import { decide } from '../../../../src/providers/decide.ts';
import { renderKubernetes } from '../../../../src/templates/kubernetes/render-kubernetes.ts';
import { awsNode, igbNode } from '../../../fixtures/cluster-nodes.ts';
import { planted, secretAnnotations, secretContainer, secretLabels, secretText, withSecrets } from '../planted.ts';

const config = configSchema.parse({ kubernetes: { workloads: ['l3fwd', 'seawreck'] } });
const nodes = [awsNode('a'), igbNode('b')].map((report) => ({ report, decision: decide(report, config) }));
const { objects } = renderKubernetes({ nodes, config });

const metadata = {
  name: 'one',
  namespace: 'vdpactl-system',
  labels: { ...secretLabels, 'app.kubernetes.io/part-of': 'vdpactl' },
  annotations: { ...secretAnnotations, 'vdpactl.io/owner': 'vdpactl-system' },
  managedFields: [{ manager: planted }],
  ownerReferences: [{ kind: 'DaemonSet', name: 'two', uid: planted }],
};
const spec = {
  nodeName: 'node-a',
  containers: [secretContainer],
  initContainers: [secretContainer],
  ephemeralContainers: [secretContainer],
  nodeSelector: secretLabels,
  tolerations: [{ key: 'a', operator: 'Equal', value: planted }],
  hostAliases: [{ hostnames: [planted] }],
  volumes: [
    { name: 's', secret: { secretName: 'a-secret', items: [{ key: planted, path: planted }] } },
    { name: 'csi', csi: { volumeAttributes: { token: planted } } },
  ],
};
const pod = {
  metadata,
  spec,
  status: {
    phase: 'Running',
    message: secretText,
    containerStatuses: [
      {
        name: 'agent',
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff', message: secretText } },
        lastState: { terminated: { exitCode: 1, message: secretText } },
      },
    ],
  },
};

describe('what a sysdump takes of objects', () => {
  it('takes of a pod what says how it fares', () => {
    expect(allowedPod(pod)).toMatchObject({
      kind: 'Pod',
      metadata: {
        name: 'one',
        labels: { 'app.kubernetes.io/part-of': 'vdpactl' },
        annotations: { 'vdpactl.io/owner': 'vdpactl-system' },
        ownerReferences: [{ kind: 'DaemonSet', name: 'two' }],
      },
      spec: {
        nodeName: 'node-a',
        containers: [
          {
            name: 'agent',
            image: 'registry.example.com/node:1',
            env: [{ name: 'TOKEN' }, { name: 'NODE_NAME' }, { name: 'FROM' }],
            resources: { requests: { cpu: '1' } },
          },
        ],
        volumes: [{ name: 's', secret: { secretName: 'a-secret' } }, { name: 'csi' }],
      },
      status: {
        phase: 'Running',
        containerStatuses: [{ restartCount: 3, lastState: { terminated: { exitCode: 1 } } }],
      },
    });
  });

  it('takes of a node what it has to give', () => {
    const node = {
      metadata,
      spec: { providerID: 'aws:///a/i-1', taints: [{ key: 'a', value: planted, effect: 'NoSchedule' }] },
      status: { allocatable: { cpu: '3920m', 'vdpactl.io/vdpa': '2', memory: '1Gi', bad: secretText } },
    };
    expect(allowedNode(node)).toMatchObject({
      spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] },
      status: { allocatable: { cpu: '3920m', 'vdpactl.io/vdpa': '2', memory: '1Gi' } },
    });
    expect(JSON.stringify(allowedNode(withSecrets(node)))).not.toContain(planted);
  });

  it('shows settings that are as they were rendered, and of others only how long they are', () => {
    const rendered = { data: { a: 'as rendered', b: 'too' } };
    const live = { metadata, data: { a: 'as rendered', b: planted, c: planted } };
    expect(allowedObject('ConfigMap', live, rendered)).toMatchObject({
      data: { a: 'as rendered', b: { bytes: planted.length }, c: { bytes: planted.length } },
    });
    expect(JSON.stringify(allowedObject('ConfigMap', live, null))).not.toContain('as rendered');
  });

  it('takes of a Secret, and of a kind that it does not know, nothing but which it is', () => {
    const secret = { metadata, type: 'Opaque', data: { a: planted }, stringData: { a: planted } };
    for (const kind of ['Secret', 'Unheard']) {
      expect(Object.keys(allowedObject(kind, secret, secret) as object)).toEqual(['kind', 'metadata', 'leftOut']);
      expect(JSON.stringify(allowedObject(kind, secret, secret))).not.toContain(planted);
    }
  });

  it.each(['Pod', 'Node', 'Event', ...renderedKinds.map(({ kind }) => kind), 'Lease', 'Secret'])(
    'takes of a %s none of the secrets that are everywhere in it',
    (kind) => {
      const everything = withSecrets({
        ...pod,
        spec: { ...spec, template: { metadata, spec }, config: planted, jobTemplate: { spec: { template: { spec } } } },
        data: { a: planted },
        binaryData: { a: planted },
        secrets: [{ name: planted }],
        message: secretText,
        involvedObject: { kind: 'Pod', name: 'one' },
      });
      const allowed =
        kind === 'Pod'
          ? allowedPod(everything)
          : kind === 'Node'
            ? allowedNode(everything)
            : kind === 'Event'
              ? allowedEvent(everything)
              : allowedObject(kind, everything, null);
      expect(JSON.stringify(allowed)).not.toContain(planted);
    },
  );

  it.each(['DaemonSet', 'Deployment', 'ConfigMap', 'ClusterRole', 'NetworkAttachmentDefinition'])(
    'knows the kind %s, and tells what was rendered of it',
    (kind) => {
      const object = objects.find((each) => each.kind === kind);
      const allowed = allowedObject(kind, object, object);
      expect(valueAt(allowed, ['leftOut'])).toBeUndefined();
      expect(JSON.stringify(allowed).length).toBeGreaterThan(200);
    },
  );

  it("leaves out no literal of the environment that is rendered but the mark of upstream's plugin, which is its name", () => {
    const literal = /\{"name":"([^"]*)","value":"([^"]*)"\}/g;
    const found = objects.flatMap((object) => [...JSON.stringify(object).matchAll(literal)].map(([, ...pair]) => pair));
    expect([...new Set(found.map((pair) => pair.join('=')))]).toEqual(['VDPACTL_PROCESS=device-plugin@/var/run/vdpa']);
  });
});
