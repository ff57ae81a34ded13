// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Pod, podSchema, podState } from '../../../src/cluster/detect/pod-state.ts';

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
    ['done', container({ terminated: { exitCode: 0 } }, 'Succeeded'), { kind: 'succeeded' }],
    ['a pull', waiting('ErrImagePull', ' no host\n'), { kind: 'trouble', why: 'ErrImagePull: no host' }],
    ['a name', waiting('InvalidImageName'), { kind: 'failed', ran: false, why: 'InvalidImageName' }],
    [
      'a wrong program',
      container({ waiting: { reason: 'RunContainerError', message: 'exec: "vdpactl": not found' } }, 'Pending'),
      { kind: 'failed', ran: false, why: 'RunContainerError: exec: "vdpactl": not found' },
    ],
    [
      'kubelet says no',
      pod({ phase: 'Failed', reason: 'NodeAffinity', message: 'Pod was rejected' }),
      { kind: 'failed', ran: false, why: 'NodeAffinity: Pod was rejected' },
    ],
    [
      'too late',
      ended({ exitCode: 137 }, { reason: 'DeadlineExceeded', message: 'Pod was active too long' }),
      { kind: 'failed', ran: false, why: 'DeadlineExceeded: Pod was active too long' },
    ],
    ['failed without a word', pod({ phase: 'Failed' }), { kind: 'failed', ran: false, why: 'the pod failed' }],
    [
      'memory',
      ended({ exitCode: 137, reason: 'OOMKilled' }),
      { kind: 'failed', ran: true, why: 'the probe took more memory than its limit (OOMKilled)' },
    ],
    [
      'an error of vdpactl',
      ended({ exitCode: 2, message: '{\n}\nerror VDPA-PLATFORM-001: /host: no\nnext: x\n' }),
      { kind: 'failed', ran: true, why: 'the probe ended with exit code 2: error VDPA-PLATFORM-001: /host: no' },
    ],
    ['no word of it', ended({ exitCode: 1 }), { kind: 'failed', ran: true, why: 'the probe ended with exit code 1' }],
  ])('%s', (_, seen, expected) => expect(podState(seen)).toEqual(expected));
});
