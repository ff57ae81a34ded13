// SPDX-License-Identifier: Apache-2.0
// The waiting, against a fake API server; test/cluster/wait has it against a real one.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { keyOf } from '../../../src/cluster/objects/object-ref.ts';
import { waitForStack } from '../../../src/cluster/wait/wait-for-stack.ts';
import type { WaitOptions, WaitResult } from '../../../src/cluster/wait/wait-options.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { FakeApi } from '../watch/fake-api.ts';
import {
  agentRef,
  configRef,
  daemonSet,
  daemonSets,
  event,
  eventsPath,
  node,
  nodesPath,
  planned,
  pluginRef,
  podOf,
  podsPath,
} from './stack-fixture.ts';

let api: FakeApi;
let client: KubeClient;
let end: AbortController;
let told: string[];

beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  end = new AbortController();
  told = [];
});
afterEach(async () => {
  client.close();
  await api.stop();
});

const patience = { lookEveryMs: 100, nodeGraceMs: 300, settleMs: 400, hopelessAfterMs: 200 };

function wait(more: Partial<WaitOptions> = {}): Promise<WaitResult> {
  return waitForStack({
    client,
    objects: [configRef, agentRef, pluginRef],
    nodes: [planned('a'), planned('b')],
    changed: new Set(),
    timeoutMs: 20_000,
    pullTimeoutMs: 20_000,
    progress: { ...silentProgress, update: (text) => told.push(text) },
    signal: end.signal,
    patience,
    ...more,
  });
}

async function failure(waiting: Promise<WaitResult>): Promise<VdpaError> {
  const error = await waiting.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VdpaError)) throw error ?? new Error('it did not fail');
  return error;
}

/** All as it should be. */
function ready(): void {
  api.put(daemonSets, daemonSet(agentRef, { desired: 2 }));
  api.put(daemonSets, daemonSet(pluginRef, { desired: 2 }));
  for (const name of ['a', 'b']) api.put(nodesPath, node(name));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('waitForStack', () => {
  it('ends at once when all is ready, with one list and one watch for each collection', async () => {
    ready();
    const result = await wait();
    expect(result).toMatchObject({
      pullMs: 0,
      nodes: [
        { name: 'a', planned: 2, allocatable: 2 },
        { name: 'b', planned: 2, allocatable: 2 },
      ],
      unavailableNodes: [],
    });
    expect(result.objects.map(({ ref, status, message }) => `${ref.name} ${status}: ${message}`)).toEqual([
      'vdpactl-config Current: it is there',
      'vdpactl-agent Current: ready on 2 of 2 nodes',
      'vdpactl-device-plugin Current: ready on 2 of 2 nodes',
    ]);
    expect(result.waitedMs).toBeLessThan(1_000);
    const asked = api.requests.map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('watch')}`);
    expect([...asked].sort()).toEqual(
      [daemonSets, nodesPath].flatMap((path) => [`${path} null`, `${path} true`]).sort(),
    );
    const selectors = api.requests.map(({ searchParams }) => searchParams.get('labelSelector'));
    expect(new Set(selectors)).toEqual(new Set(['app.kubernetes.io/part-of=vdpactl', 'vdpactl.io/provider']));
    expect(told).toEqual([]);
  });

  it('ends within 200 ms of the last object being ready, through cut connections, and says what it waits for', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(nodesPath, node('b', { allocatable: 0 }));
    const waiting = wait();
    await pause(1_200);
    expect(told[0]).toBe('agent 1 of 2 nodes');
    api.cut();
    api.put(nodesPath, node('b'));
    await pause(400);
    api.put(daemonSets, daemonSet(agentRef, { desired: 2 }));
    const at = performance.now();
    const { objects } = await waiting;
    expect(performance.now() - at).toBeLessThan(200);
    expect(objects[1]?.readyAfterMs).toBeGreaterThan(1_500);
    expect(objects[2]?.readyAfterMs).toBeLessThan(500);
  });

  it.each<[string, () => void]>([
    ['a controller that has not seen the nodes yet', () => api.put(daemonSets, daemonSet(pluginRef, { desired: 0 }))],
    [
      'a controller that has not seen the change yet',
      () => api.put(daemonSets, daemonSet(agentRef, { desired: 2, generation: 2, observed: 1 })),
    ],
    ['an object that is not there', () => api.remove(daemonSets, 'vdpactl-system/vdpactl-agent')],
    ['devices that are not offered', () => api.put(nodesPath, node('a', { allocatable: 1 }))],
    ['devices that are not planned', () => api.put(nodesPath, node('a', { allocatable: 3 }))],
  ])('waits for %s', async (_, spoil) => {
    ready();
    spoil();
    const waiting = wait();
    let isOver = false;
    void waiting.then(() => {
      isOver = true;
    });
    await pause(400);
    expect(isOver).toBe(false);
    ready();
    await waiting;
  });

  it('names the slowest object, the last event of its worst pod, and what to do', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(daemonSets, daemonSet(pluginRef, { desired: 2, ready: 0 }));
    api.put(nodesPath, node('b', { allocatable: 0 }));
    api.put(podsPath, podOf(pluginRef, 'plugin-1', { on: 'a', waiting: { reason: 'ContainerCreating' } }));
    api.put(podsPath, podOf(pluginRef, 'plugin-2', { on: 'b', waiting: { reason: 'ErrImagePull', message: 'no' } }));
    api.put(eventsPath, event('plugin-2', 'Scheduled'));
    const later = { lastTimestamp: '2026-01-01T00:00:09Z', type: 'Warning', message: 'manifest unknown' };
    api.put(eventsPath, event('plugin-2', 'Failed', later));
    const error = await failure(wait({ timeoutMs: 700 }));
    expect(error).toMatchObject({
      code: 'VDPA-DEPLOY-002',
      exitCode: 4,
      where: 'context fake',
      message:
        'after 0.7 s: DaemonSet vdpactl-system/vdpactl-device-plugin: ready on 0 of 2 nodes; ' +
        'last event of its pod plugin-2 on b: Failed: manifest unknown',
      details: [
        'DaemonSet vdpactl-system/vdpactl-agent: ready on 1 of 2 nodes',
        'DaemonSet vdpactl-system/vdpactl-device-plugin: ready on 0 of 2 nodes',
        'node b: offers 0 of 2 vdpactl.io/vdpa',
      ],
    });
    expect(error.next).toContain('kubectl describe pod -n vdpactl-system plugin-2');
  });

  it('names the node whose devices do not come', async () => {
    ready();
    api.put(nodesPath, node('b', { allocatable: 1 }));
    const error = await failure(wait({ timeoutMs: 400 }));
    expect(error.message).toBe('after 0.4 s: node b: offers 1 of 2 vdpactl.io/vdpa');
    expect(error.next).toContain('spec.nodeName=b');
  });

  it('does not count the time in which only an image is pulled', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(podsPath, podOf(agentRef, 'agent-1', { on: 'a', ready: true }));
    api.put(podsPath, podOf(agentRef, 'agent-2', { on: 'b', waiting: { reason: 'ContainerCreating' } }));
    api.put(eventsPath, event('agent-2', 'Pulling'));
    const waiting = wait({ timeoutMs: 600 });
    await pause(1_800);
    expect(told).toContain('agent 1 of 2 nodes (pulling its image)');
    ready();
    const { pullMs, waitedMs } = await waiting;
    expect(pullMs).toBeGreaterThan(1_200);
    expect(waitedMs - pullMs).toBeLessThan(600);
  });

  it('has a limit for images too, and counts again when the image is there', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(podsPath, podOf(agentRef, 'agent-2', { on: 'b', waiting: { reason: 'ContainerCreating' } }));
    api.put(podsPath, podOf(agentRef, 'agent-1', { on: 'a', ready: true }));
    api.put(eventsPath, event('agent-2', 'Pulling', { message: 'Pulling image "x"' }));
    const late = await failure(wait({ pullTimeoutMs: 500 }));
    expect(late.message).toBe(
      'after 0.5 s of waiting for images: DaemonSet vdpactl-system/vdpactl-agent: ready on 1 of 2 nodes; ' +
        'last event of its pod agent-2 on b: Pulling: Pulling image "x"',
    );
    api.put(eventsPath, event('agent-2', 'Pulled', { lastTimestamp: '2026-01-01T00:00:05Z' }));
    expect((await failure(wait({ timeoutMs: 500, pullTimeoutMs: 500 }))).message).toContain('after 0.5 s: DaemonSet');
  });

  it('does without a node that is not ready, and names it', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(daemonSets, daemonSet(pluginRef, { desired: 2, updated: 1 }));
    api.put(nodesPath, node('b', { ready: 'Unknown', message: 'Kubelet stopped posting', allocatable: 0 }));
    for (const ref of [agentRef, pluginRef]) {
      api.put(podsPath, podOf(ref, `${ref.name}-a`, { on: 'a', ready: true }));
      api.put(podsPath, podOf(ref, `${ref.name}-b`, { on: 'b' }));
    }
    const { waitedMs, unavailableNodes } = await wait({
      nodes: [planned('a'), planned('b'), planned('gone')],
    });
    expect(waitedMs).toBeGreaterThan(patience.nodeGraceMs);
    expect(unavailableNodes).toEqual([
      { name: 'b', why: 'it is not ready: Kubelet stopped posting' },
      { name: 'gone', why: 'the cluster has no such node with the labels of the stack' },
    ]);
  });

  it('does not take a pod that is late on another node for one of a node that is not ready', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    api.put(nodesPath, node('b', { ready: 'False', message: 'down' }));
    // The pod of the node that is not ready still counts as ready.
    api.put(podsPath, podOf(agentRef, 'agent-a', { on: 'a' }));
    api.put(podsPath, podOf(agentRef, 'agent-b', { on: 'b', ready: true }));
    const error = await failure(wait({ timeoutMs: 1_500 }));
    expect(error.code).toBe('VDPA-DEPLOY-002');
    expect(error.details).toContain('node b: done without: it is not ready: down');
  });

  it('does without a node whose taint keeps the stack off', async () => {
    ready();
    for (const ref of [agentRef, pluginRef]) api.put(daemonSets, daemonSet(ref, { desired: 1 }));
    api.put(nodesPath, node('b', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }], allocatable: 0 }));
    const { unavailableNodes } = await wait();
    expect(unavailableNodes).toEqual([
      { name: 'b', why: 'the taint gpu=yes:NoSchedule keeps the stack off; kubernetes.tolerateAll lets it in' },
    ]);
  });

  it.each([
    ['new', 1, new Set([keyOf(pluginRef)]), false],
    ['changed', 2, new Set([keyOf(pluginRef)]), true],
    ['unchanged', 2, new Set<string>(), false],
  ] as const)(
    'lets kubelet report anew what a device plugin offers that is %s',
    async (_, generation, changed, settles) => {
      ready();
      api.put(daemonSets, daemonSet(pluginRef, { desired: 2, generation }));
      const { waitedMs } = await wait({ changed });
      if (settles) expect(waitedMs).toBeGreaterThanOrEqual(patience.settleMs);
      else expect(waitedMs).toBeLessThan(patience.settleMs);
    },
  );

  it.each<[string, () => void, (round: number) => void, string]>([
    [
      'an image that has no name',
      () =>
        api.put(
          podsPath,
          podOf(agentRef, 'p', { waiting: { reason: 'InvalidImageName', message: 'A:b is no image' } }),
        ),
      () => {},
      'DaemonSet vdpactl-system/vdpactl-agent (pod p on a): InvalidImageName: A:b is no image',
    ],
    [
      'a container that ends again and again',
      () => {},
      (round) =>
        api.put(
          podsPath,
          podOf(agentRef, 'p', {
            restarts: round < 4 ? 3 : 5,
            waiting: { reason: 'CrashLoopBackOff' },
            exit: { exitCode: 2, message: 'error: no NIC' },
          }),
        ),
      'DaemonSet vdpactl-system/vdpactl-agent (pod p on a): the container main ended 5 times, last with exit code 2: error: no NIC',
    ],
    [
      'pods that are refused',
      () => {},
      (round) =>
        api.put(
          eventsPath,
          event('vdpactl-agent', 'FailedCreate', { count: 3 + round, message: 'forbidden: exceeded quota: q' }),
        ),
      'DaemonSet vdpactl-system/vdpactl-agent: its pods are refused: forbidden: exceeded quota: q',
    ],
  ])('does not wait for %s', async (_, begin, go, message) => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 0 }));
    begin();
    let round = 0;
    const going = setInterval(() => go(round++), 150);
    try {
      expect(await failure(wait())).toMatchObject({ code: 'VDPA-DEPLOY-003', exitCode: 5, message });
    } finally {
      clearInterval(going);
    }
  });

  it('waits for what was broken before: pods of the last template, restarts and refusals of an hour ago', async () => {
    ready();
    api.put(daemonSets, daemonSet(agentRef, { desired: 3, ready: 0 }));
    const broken = { reason: 'InvalidImageName' };
    api.put(podsPath, podOf(agentRef, 'old', { waiting: broken, template: 'old', createdAt: '2025' }));
    api.put(podsPath, podOf(agentRef, 'new', { waiting: { reason: 'CrashLoopBackOff' }, restarts: 9 }));
    api.put(eventsPath, event('vdpactl-agent', 'FailedCreate', { count: 20, message: 'exceeded quota' }));
    expect((await failure(wait({ timeoutMs: 1_200 }))).code).toBe('VDPA-DEPLOY-002');
  });

  it('ends at once when it is told to, with the reason', async () => {
    ready();
    api.put(nodesPath, node('a', { allocatable: 0 }));
    const waiting = wait();
    await pause(300);
    const at = performance.now();
    end.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow('interrupted');
    expect(performance.now() - at).toBeLessThan(100);
  });

  it('throws what it may not do', async () => {
    ready();
    const message = 'User "u" cannot list resource "nodes" in API group "" at the cluster scope';
    api.refuse = ({ pathname }) =>
      pathname === nodesPath
        ? { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message } }
        : null;
    expect(await failure(wait())).toMatchObject({ code: 'VDPA-CLUSTER-003', message: 'the user u may not list nodes' });
  });
});
