// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectStatus } from '../../../src/cluster/wait/object-status.ts';

const conditions = (
  ...all: readonly (readonly [type: string, status: string, reason?: string, message?: string])[]
) => ({
  conditions: all.map(([type, status, reason, message]) => ({ type, status, reason, message })),
});

const object = (apiVersion: string, kind: string, status?: object, spec: object = {}, metadata: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name: 'x', generation: 2, ...metadata },
  spec,
  status,
});

const counts = { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3 };
const allReady = { ...counts, numberReady: 3, numberAvailable: 3, observedGeneration: 2 };
const daemonSet = (status?: object, spec?: object) => object('apps/v1', 'DaemonSet', status, spec);

const replicas = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 2 };
const deployment = (status?: object, spec: object = { replicas: 2, progressDeadlineSeconds: 600 }) =>
  object('apps/v1', 'Deployment', status, spec);
const done = conditions(['Progressing', 'True', 'NewReplicaSetAvailable'], ['Available', 'True']);

const crd = (status?: object) => object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', status);
const pod = (phase: string, status: object = {}) => object('v1', 'Pod', { phase, ...status });
const container = (state: object, more: object = {}) => ({ containerStatuses: [{ name: 'c', state, ...more }] });
const job = (status?: object) => object('batch/v1', 'Job', status);
const custom = (status?: object) => object('x.invalid/v1', 'Thing', status);

const table: readonly (readonly [what: string, object: unknown, status: string, message: string])[] = [
  ['nothing', null, 'NotFound', 'it is not there'],
  ['no object', ['x'], 'Unknown', 'it is no object'],
  [
    'whatever is being deleted',
    object('apps/v1', 'DaemonSet', allReady, {}, { deletionTimestamp: '2026-11-25T08:00:00Z' }),
    'Terminating',
    'it is being deleted since 2026-11-25T08:00:00Z',
  ],

  ['a DaemonSet that nobody looked at', daemonSet(), 'InProgress', 'its controller has not seen it yet'],
  [
    'a DaemonSet of before the change',
    daemonSet({ ...allReady, observedGeneration: 1 }),
    'InProgress',
    'its controller has not seen the latest change yet',
  ],
  [
    'a DaemonSet that is being updated',
    daemonSet({ ...allReady, updatedNumberScheduled: 1 }),
    'InProgress',
    'updated on 1 of 3 nodes',
  ],
  [
    'a DaemonSet whose pods start',
    daemonSet({ ...allReady, numberReady: 2, numberAvailable: 2 }),
    'InProgress',
    'ready on 2 of 3 nodes',
  ],
  [
    'a DaemonSet whose pods are not ready for long enough',
    daemonSet({ ...allReady, numberAvailable: 1 }),
    'InProgress',
    'ready on 1 of 3 nodes',
  ],
  [
    'a DaemonSet with a pod too many',
    daemonSet({ ...allReady, numberMisscheduled: 1 }),
    'InProgress',
    '1 pod is still on nodes that it is not for',
  ],
  ['a DaemonSet', daemonSet(allReady), 'Current', 'ready on 3 of 3 nodes'],
  [
    'a DaemonSet for no node',
    daemonSet({ observedGeneration: 2, desiredNumberScheduled: 0, numberReady: 0 }),
    'Current',
    'no node is chosen for it',
  ],
  [
    'a DaemonSet whose old pods are left alone',
    daemonSet({ ...allReady, updatedNumberScheduled: 0 }, { updateStrategy: { type: 'OnDelete' } }),
    'Current',
    'ready on 3 of 3 nodes',
  ],

  ['a Deployment that nobody looked at', deployment(), 'InProgress', 'its controller has not seen it yet'],
  [
    'a Deployment whose pods are refused',
    deployment({ ...replicas, replicas: 0, ...conditions(['ReplicaFailure', 'True', 'FailedCreate', 'quota']) }),
    'InProgress',
    '0 of 2 pods made: FailedCreate: quota',
  ],
  ['a Deployment with old pods', deployment({ ...replicas, replicas: 3 }), 'InProgress', '1 old pod is still there'],
  ['a Deployment to update', deployment({ ...replicas, updatedReplicas: 1 }), 'InProgress', '1 of 2 pods updated'],
  ['a Deployment that starts', deployment({ ...replicas, readyReplicas: 1 }), 'InProgress', '1 of 2 pods ready'],
  [
    'a Deployment whose controller is not done',
    deployment({ ...replicas, ...conditions(['Progressing', 'True', 'ReplicaSetUpdated']) }),
    'InProgress',
    'its controller is still at it',
  ],
  [
    'a Deployment that is too late',
    deployment({ ...replicas, ...conditions(['Progressing', 'False', 'ProgressDeadlineExceeded', 'no']) }),
    'Failed',
    'ProgressDeadlineExceeded: no',
  ],
  ['a Deployment', deployment({ ...replicas, ...done }), 'Current', '2 of 2 pods ready'],
  [
    'a Deployment without a deadline',
    deployment(
      { ...replicas, ...conditions(['Progressing', 'True', 'ReplicaSetUpdated']) },
      { replicas: 2, progressDeadlineSeconds: 2147483647 },
    ),
    'Current',
    '2 of 2 pods ready',
  ],
  ['a Deployment of none', deployment({ observedGeneration: 2 }, { replicas: 0 }), 'Current', '0 of 0 pods ready'],

  ['a kind that is new', crd(), 'InProgress', 'the server does not know the kind yet'],
  [
    'a kind that is being installed',
    crd(conditions(['NamesAccepted', 'True'], ['Established', 'False', 'Installing', 'the initial names'])),
    'InProgress',
    'the server does not know the kind yet',
  ],
  [
    'a kind',
    crd(conditions(['NamesAccepted', 'True'], ['Established', 'True'])),
    'Current',
    'the server knows the kind',
  ],
  [
    'a kind whose name is taken',
    crd(
      conditions(['NamesAccepted', 'False', 'PluralConflict', 'x is taken'], ['Established', 'False', 'NotAccepted']),
    ),
    'Failed',
    'PluralConflict: x is taken',
  ],

  ['a job that waits', job(), 'InProgress', 'it has not begun'],
  ['a job that runs', job({ startTime: 'now' }), 'Current', 'it runs'],
  ['a job that ended', job({ startTime: 'now', ...conditions(['Complete', 'True']) }), 'Current', 'it has ended well'],
  ['a job that failed', job(conditions(['Failed', 'True', 'BackoffLimitExceeded'])), 'Failed', 'BackoffLimitExceeded'],
  ['a CronJob', object('batch/v1', 'CronJob', {}), 'Current', 'it is there'],

  ['a pod without a node', pod('Pending'), 'InProgress', 'it has not started'],
  [
    'a pod that fits nowhere',
    pod('Pending', conditions(['PodScheduled', 'False', 'Unschedulable', '0/3 nodes'])),
    'InProgress',
    'Unschedulable: 0/3 nodes',
  ],
  [
    'a pod that is made',
    pod('Pending', container({ waiting: { reason: 'ContainerCreating' } })),
    'InProgress',
    'c: ContainerCreating',
  ],
  [
    'a pod without its image',
    pod('Pending', container({ waiting: { reason: 'ErrImagePull', message: 'not found' } })),
    'InProgress',
    'ErrImagePull: not found',
  ],
  [
    'a pod with a wrong image',
    pod('Pending', container({ waiting: { reason: 'InvalidImageName', message: 'A:b' } })),
    'Failed',
    'InvalidImageName: A:b',
  ],
  [
    'a pod in a loop',
    pod(
      'Running',
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 3, lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'a\nno NIC\n' } } },
      ),
    ),
    'Failed',
    'the container c ended 3 times, last with exit code 1: no NIC',
  ],
  [
    'a pod that takes too much memory',
    pod(
      'Running',
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      ),
    ),
    'Failed',
    'the container c ended 1 time, last with exit code 137 (OOMKilled)',
  ],
  [
    'a pod that is not ready',
    pod('Running', { ...container({ running: {} }, { ready: false }), ...conditions(['Ready', 'False']) }),
    'InProgress',
    'the container c runs and is not ready',
  ],
  ['a pod', pod('Running', conditions(['Ready', 'True'])), 'Current', 'it is ready'],
  ['a pod that has ended', pod('Succeeded'), 'Current', 'it has ended well'],
  [
    'a pod that kubelet refused',
    object('v1', 'Pod', { phase: 'Failed', reason: 'NodeAffinity', message: 'rejected' }),
    'Failed',
    'NodeAffinity: rejected',
  ],

  ['a namespace', object('v1', 'Namespace', { phase: 'Active' }), 'Current', 'it is there'],
  ['a namespace that goes', object('v1', 'Namespace', { phase: 'Terminating' }), 'Terminating', 'it is being deleted'],
  ['what has no status', object('v1', 'ConfigMap'), 'Current', 'it is there'],
  ['a role', object('rbac.authorization.k8s.io/v1', 'ClusterRole'), 'Current', 'it is there'],
  ['a foreign kind', custom(), 'Current', 'it is there'],
  ['a foreign kind that is ready', custom(conditions(['Ready', 'True'])), 'Current', 'it is there'],
  [
    'a foreign kind that is not',
    custom(conditions(['Ready', 'False', 'Waits', 'for x'])),
    'InProgress',
    'Waits: for x',
  ],
  [
    'a foreign kind that is changed',
    custom({ observedGeneration: 1 }),
    'InProgress',
    'its controller has not seen the latest change yet',
  ],
  ['a foreign kind at work', custom(conditions(['Reconciling', 'True'])), 'InProgress', 'its controller is at work'],
  ['a foreign kind that is stuck', custom(conditions(['Stalled', 'True', 'Broken'])), 'Failed', 'Broken'],
  ['a kind named like a key of every object', object('v1', 'constructor'), 'Current', 'it is there'],
];

describe('objectStatus', () => {
  it.each(table)('%s', (_, given, status, message) => expect(objectStatus(given)).toEqual({ status, message }));

  it('says something of any JSON', () => {
    const kinds = table.map(([, given]) => given);
    const json = fc.jsonValue({ maxDepth: 5 });
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        json,
        json,
        fc.constantFrom('status', 'spec', 'metadata'),
        (base, any, deep, field) => {
          const changed: object = typeof base === 'object' && base !== null ? { ...base, [field]: any } : { any };
          const listed = {
            ...changed,
            status: { conditions: deep, containerStatuses: deep, initContainerStatuses: any },
          };
          for (const given of [any, changed, listed]) {
            const { status, message } = objectStatus(given);
            expect(['Current', 'InProgress', 'Failed', 'Terminating', 'NotFound', 'Unknown']).toContain(status);
            expect(message).not.toBe('');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('calls nothing current that has conditions of another opinion', () => {
    const stuck = conditions(['Stalled', 'True', 'Broken']);
    for (const [, given] of table) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) continue;
      expect(objectStatus({ ...given, status: stuck }).status).not.toBe('Current');
    }
  });
});
