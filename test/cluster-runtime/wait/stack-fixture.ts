// SPDX-License-Identifier: Apache-2.0
// A small stack as an API server would have it: an agent on all nodes, a device plugin on some.
import type { ObjectRef } from '../../../src/cluster/objects/object-ref.ts';
import type { PlannedNode } from '../../../src/cluster/stack/stack-plan.ts';
import type { FakeObject } from '../watch/fake-api.ts';

export const namespace = 'vdpactl-system';
export const daemonSets = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
export const podsPath = `/api/v1/namespaces/${namespace}/pods`;
export const eventsPath = `/api/v1/namespaces/${namespace}/events`;
export const nodesPath = '/api/v1/nodes';
const resource = 'vdpactl.io/vdpa';

export const agentRef = daemonSetRef('vdpactl-agent');
export const pluginRef = daemonSetRef('vdpactl-device-plugin');
export const configRef: ObjectRef = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespace,
  name: 'vdpactl-config',
};

export function daemonSetRef(name: string): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets', namespace, name };
}

export const planned = (name: string, devices = 2): PlannedNode => ({
  name,
  provider: 'aws',
  backend: 'testpmd',
  devices,
  labels: { 'vdpactl.io/provider': 'aws', 'vdpactl.io/device-set': devices === 0 ? 'none' : 'set' },
});

interface NodeState {
  readonly allocatable?: number | string;
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly message?: string;
  readonly taints?: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
}

export function node(name: string, state: NodeState = {}): FakeObject {
  const { allocatable = 2, ready = 'True', message = '', taints = [], labels = {} } = state;
  return {
    metadata: {
      name,
      labels: { 'vdpactl.io/provider': 'aws', 'vdpactl.io/device-set': 'set', ...labels },
      annotations: { 'vdpactl.io/owner': namespace },
    },
    spec: { taints },
    status: {
      allocatable: { cpu: '4', ...(allocatable === 0 ? {} : { [resource]: String(allocatable) }) },
      conditions: [{ type: 'Ready', status: ready, message }],
    },
  };
}

interface SetState {
  readonly desired: number;
  readonly updated?: number;
  readonly ready?: number;
  readonly generation?: number;
  readonly observed?: number;
  readonly misscheduled?: number;
}

export function daemonSet({ name }: ObjectRef, state: SetState): FakeObject {
  const { desired, updated = desired, ready = updated, generation = 1, observed = generation } = state;
  const component = name.replace('vdpactl-', '');
  const matchLabels = { 'app.kubernetes.io/component': component, 'app.kubernetes.io/instance': name };
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      generation,
      labels: { 'app.kubernetes.io/part-of': 'vdpactl', 'app.kubernetes.io/component': component },
      annotations: { 'vdpactl.io/owner': namespace },
    },
    spec: {
      selector: { matchLabels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        spec: {
          hostNetwork: true,
          nodeSelector: component === 'device-plugin' ? { 'vdpactl.io/device-set': 'set' } : {},
        },
      },
    },
    status: {
      observedGeneration: observed,
      desiredNumberScheduled: desired,
      currentNumberScheduled: desired,
      updatedNumberScheduled: updated,
      numberReady: ready,
      numberAvailable: ready,
      numberMisscheduled: state.misscheduled ?? 0,
    },
  };
}

export interface PodState {
  readonly on?: string;
  readonly ready?: boolean;
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly restarts?: number;
  readonly exit?: { readonly exitCode: number; readonly message?: string };
  readonly template?: string;
  readonly createdAt?: string;
}

export function podOf({ name: owner }: ObjectRef, name: string, state: PodState = {}): FakeObject {
  const { on = 'a', ready = false, waiting, restarts = 0, exit, template = 'new', createdAt = '2026-01-01' } = state;
  const running = waiting === undefined ? { running: {} } : { waiting };
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      creationTimestamp: createdAt,
      labels: {
        'app.kubernetes.io/component': owner.replace('vdpactl-', ''),
        'app.kubernetes.io/instance': owner,
        'app.kubernetes.io/part-of': 'vdpactl',
        'controller-revision-hash': template,
      },
    },
    spec: { nodeName: on },
    status: {
      phase: waiting === undefined ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'main',
          ready,
          restartCount: restarts,
          state: running,
          ...(exit === undefined ? {} : { lastState: { terminated: exit } }),
        },
      ],
    },
  };
}

export function event(about: string, reason: string, more: object = {}): FakeObject {
  return {
    metadata: { name: `${about}.${reason}`, namespace, creationTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: { uid: `uid-${about}`, fieldPath: 'spec.containers{main}' },
    type: 'Normal',
    reason,
    message: '',
    lastTimestamp: '2026-01-01T00:00:01Z',
    count: 1,
    ...more,
  };
}
