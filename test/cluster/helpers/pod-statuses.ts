// SPDX-License-Identifier: Apache-2.0
import type { SimulatedPod } from './simulated-node.ts';

/** What a kubelet writes into the status of a pod, as far as anybody looks at it. Pure. */

/** All that runs once runs, and all that goes on is ready. */
export function runningStatus({ spec, metadata }: SimulatedPod, now: string): object {
  // One for each pod; nobody sends anything there.
  const podIP = spec.hostNetwork === true ? '127.0.0.1' : addressOf(metadata.uid);
  return {
    phase: 'Running',
    startTime: now,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
    ...(spec.initContainers === undefined
      ? {}
      : {
          initContainerStatuses: spec.initContainers.map((container) => ({
            ...containerStatus(container, { terminated: ended(0, now) }),
            ready: true,
          })),
        }),
    containerStatuses: spec.containers.map((container) => ({
      ...containerStatus(container, { running: { startedAt: now } }),
      ready: true,
      started: true,
    })),
  };
}

/** Its containers wait. */
export function waitingStatus({ spec }: SimulatedPod, reason: string, message?: string): object {
  const waiting = { reason, ...(message === undefined ? {} : { message }) };
  return {
    phase: 'Pending',
    containerStatuses: spec.containers.map((container) => containerStatus(container, { waiting })),
  };
}

export function endedStatus({ spec }: SimulatedPod, exitCode: number, now: string, message?: string): object {
  const terminated = { ...ended(exitCode, now), ...(message === undefined ? {} : { message }) };
  return {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: spec.containers.map((container) => containerStatus(container, { terminated })),
  };
}

function ended(exitCode: number, now: string) {
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: now, finishedAt: now };
}

function containerStatus({ name, image }: { name: string; image: string }, state: object) {
  return { name, image, imageID: '', ready: false, restartCount: 0, started: false, state };
}

function addressOf(uid: string): string {
  const bytes = uid.replaceAll('-', '').slice(-6).padStart(6, '0');
  return ['10', ...[0, 2, 4].map((at) => Number.parseInt(bytes.slice(at, at + 2), 16) || 1)].join('.');
}
