// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Pod, podSchema, podState } from '../../../src/cluster/node-pods/pod-state.ts';

const pod = (status?: object): Pod => podSchema.parse({ metadata: { name: 'p', namespace: 'n' }, status });
const container = (state: object, phase = 'Pending') => pod({ phase, containerStatuses: [{ state }] });
const waiting = (reason: string, message?: string) => container({ waiting: { reason, message } });
const ended = (end: object, status: object = {}) =>
  pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: end } }], ...status });

describe('podState', () => {
  it.each<[string, Pod, object]>([
    ['nothing yet', pod(), { kind: 'waiting' }],
    ['pending', pod({ phase: 'Pending', containerStatuses: null }), { kind: 'waiting' }],
    ['creating', waiting('ContainerCreating'), { kind: 'waiting' }],
    ['running', container({ running: { startedAt: 'now' } }, 'Running'), { kind: 'waiting' }],
    [
      'done',
      container({ terminated: { exitCode: 0 } }, 'Succeeded'),
      { kind: 'ended', exitCode: 0, message: '', why: '' },
    ],
    [
      'a last word of one that is done',
      container({ terminated: { exitCode: 0, message: '{}' } }, 'Succeeded'),
      { kind: 'ended', exitCode: 0, message: '{}', why: '' },
    ],
    ['a pull', waiting('ErrImagePull', ' no host\n'), { kind: 'trouble', why: 'ErrImagePull: no host' }],
    ['a name', waiting('InvalidImageName'), { kind: 'failed', why: 'InvalidImageName' }],
    [
      'a wrong program',
      container({ waiting: { reason: 'RunContainerError', message: 'exec: "vdpactl": not found' } }, 'Pending'),
      { kind: 'failed', why: 'RunContainerError: exec: "vdpactl": not found' },
    ],
    [
      'kubelet says no',
      pod({ phase: 'Failed', reason: 'NodeAffinity', message: 'Pod was rejected' }),
      { kind: 'failed', why: 'NodeAffinity: Pod was rejected' },
    ],
    [
      'too late',
      ended({ exitCode: 137 }, { reason: 'DeadlineExceeded', message: 'Pod was active too long' }),
      { kind: 'failed', why: 'DeadlineExceeded: Pod was active too long' },
    ],
    ['failed without a word', pod({ phase: 'Failed' }), { kind: 'failed', why: 'the pod failed' }],
    [
      'memory',
      ended({ exitCode: 137, reason: 'OOMKilled' }),
      { kind: 'ended', exitCode: 137, message: '', why: 'the probe took more memory than its limit (OOMKilled)' },
    ],
    [
      'an error of vdpactl',
      ended({ exitCode: 2, message: '{\n}\nerror VDPA-PLATFORM-001: /host: no\nnext: x\n' }),
      {
        kind: 'ended',
        exitCode: 2,
        message: '{\n}\nerror VDPA-PLATFORM-001: /host: no\nnext: x\n',
        why: 'the probe ended with exit code 2: error VDPA-PLATFORM-001: /host: no',
      },
    ],
    [
      'no word of it',
      ended({ exitCode: 1 }),
      { kind: 'ended', exitCode: 1, message: '', why: 'the probe ended with exit code 1' },
    ],
  ])('%s', (_, seen, expected) => expect(podState(seen, 'the probe')).toEqual(expected));
});
