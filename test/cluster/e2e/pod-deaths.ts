// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { killOnNode, startDaemons, stopDaemons } from '../helpers/node-daemons.ts';
import { processHoldings } from '../helpers/process-holdings.ts';
import type { EndToEnd } from './end-to-end.ts';
import { addressedNetwork, namespace, sleepingPod, workloadNamespace } from './pods.ts';
import { attachments, traces } from './traces.ts';

const patience = { timeout: 60_000, interval: 200 };
const name = 'mortal';
/** How often a pod comes and goes through kubelet and the runtime. */
const cycles = Number(process.env['VDPACTL_LAB_CYCLES'] ?? 5);

/** Pods end in every way there is; what they had on the node is gone each time, and the next one gets it. */
export function testPodDeaths(lab: () => EndToEnd): void {
  const kubectl = (...args: readonly string[]) => lab().kubectl('-n', workloadNamespace, ...args);
  const node = () => lab().cluster.node;
  const get = (path: string) => kubectl('get', 'pod', name, '-o', `jsonpath=${path}`);
  const leaves = (...args: readonly string[]) => kubectl('delete', 'pod', name, ...args);
  const containerPid = async () => {
    const id = (await get('{.status.containerStatuses[0].containerID}')).replace('containerd://', '');
    return lab().taskOf(id);
  };
  const own = async () => {
    const uid = await get('{.metadata.uid}');
    return attachments(node()).find((each) => each.pod === uid);
  };
  let before: readonly string[] = [];

  beforeAll(async () => {
    // Nothing but the backends polls from now on.
    await kubectl('scale', 'deployment', 'l3fwd', '--replicas=0');
    await kubectl('delete', 'pods', '--all', '--timeout=55s');
    await lab().apply(addressedNetwork);
    const living = (await lab().kubectl('get', 'pods', '-A', '-o', 'jsonpath={.items[*].metadata.uid}')).split(' ');
    const gone = () => traces(node()).filter((trace) => !living.some((uid) => trace === `folder of ${uid}`));
    await vi.waitFor(() => expect(gone().filter((trace) => !trace.startsWith('/run/vdpa/dev/'))).toEqual([]), patience);
    before = traces(node());
  });
  afterAll(() =>
    kubectl('delete', 'network-attachment-definitions', addressedNetwork.metadata.name, '--ignore-not-found'),
  );

  /** Its death is clean when the node is as it was before it was born. */
  const expectNothingLeft = () => expect.poll(() => traces(node()), patience).toEqual(before);

  async function lives(): Promise<void> {
    await lab().startPod(sleepingPod(name), workloadNamespace, name);
    const seen = traces(node());
    for (const kind of ['record', '/run/vdpa/dev/', 'device information', 'address', 'network name space', 'folder'])
      expect(seen.filter((trace) => trace.startsWith(kind)).length).toBeGreaterThan(
        before.filter((trace) => trace.startsWith(kind)).length,
      );
  }

  test('a pod is deleted by force', async () => {
    await lives();
    await leaves('--force', '--grace-period=0');
    await expectNothingLeft();
  });

  test('the process of a pod is killed: it is started anew, with the attachment that it had', async () => {
    await lives();
    const attached = await own();
    await killOnNode(node(), await containerPid());
    await expect.poll(() => get('{.status.containerStatuses[0].restartCount}'), patience).toBe('1');
    await lab().ready(`pod/${name}`, workloadNamespace);
    expect(await own()).toEqual(attached);
    expect(await kubectl('exec', name, '--', 'cat', '/var/run/vdpa/eal.args')).toContain(
      '/var/run/vdpa/net1/vhost.sock',
    );
    await leaves('--grace-period=1', '--timeout=55s');
    await expectNothingLeft();
  });

  test.each(['pause process', 'shim'] as const)(
    'the %s of a pod is killed: it gets another sandbox, and the same device',
    async (victim) => {
      await lives();
      const attached = await own();
      const sandbox = await lab().taskOf(attached?.container ?? '');
      await killOnNode(node(), victim === 'shim' ? lab().parentOf(sandbox) : sandbox);
      await expect
        .poll(async () => (await own())?.container ?? attached?.container, patience)
        .not.toBe(attached?.container);
      await lab().ready(`pod/${name}`, workloadNamespace);
      await leaves('--grace-period=1', '--timeout=55s');
      await expectNothingLeft();
    },
  );

  test('a pod is evicted through the API', async () => {
    await lives();
    await lab().evict(workloadNamespace, name);
    await expectNothingLeft();
  });

  test('kubelet ends a pod that then stays as one that failed: its device is free', async () => {
    await lives();
    await kubectl('patch', 'pod', name, '--type=merge', '-p', '{"spec":{"activeDeadlineSeconds":1}}');
    await expect.poll(() => get('{.status.phase}'), patience).toBe('Failed');
    const isItsFolder = (trace: string) => trace.startsWith('folder of ');
    const others = (all: readonly string[]) => all.filter((trace) => !isItsFolder(trace));
    await expect.poll(() => others(traces(node())), patience).toEqual(others(before));
    await leaves('--timeout=55s');
    await expectNothingLeft();
  });

  test.each([
    ['', ['--grace-period=1', '--wait=false']],
    [' by force', ['--force', '--grace-period=0']],
  ] as const)('a pod is deleted%s while kubelet is down', async (_how, options) => {
    await lives();
    await stopDaemons(node(), 'kubelet');
    await leaves(...options);
    startDaemons(node(), 'kubelet');
    await expectNothingLeft();
  });

  test('a pod is deleted while there is no agent: it goes at once, and the next agent takes away what it had', async () => {
    await lives();
    const away = (value: string | null) =>
      lab().kubectl(
        ...['-n', namespace, 'patch', 'daemonset', 'vdpactl-agent', '--type=merge', '-p'],
        JSON.stringify({ spec: { template: { spec: { nodeSelector: { 'vdpactl.io/away': value } } } } }),
      );
    const agents = () =>
      lab()
        .podOf('agent')
        .catch(() => '');
    await away('yes');
    await expect.poll(agents, patience).toBe('');
    await leaves('--grace-period=1', '--timeout=20s');
    const isRecord = (trace: string) => trace.startsWith('record of ');
    expect(traces(node()).filter(isRecord)).toHaveLength(before.filter(isRecord).length + 1);
    await away(null);
    await expect.poll(agents, patience).not.toBe('');
    await lab().ready(`pod/${await lab().podOf('agent')}`, namespace);
    await expectAgentsDifference();
  });

  test('pods come and go, one after the other', { timeout: 60_000 + cycles * 20_000 }, async () => {
    const id = await lab().podOf('agent');
    const path = 'jsonpath={.status.containerStatuses[0].containerID}';
    const container = (await lab().kubectl('-n', namespace, 'get', 'pod', id, '-o', path)).replace('containerd://', '');
    const agent = await lab().taskOf(container);
    const [begun, then] = [performance.now(), processHoldings(node().path(`/proc/${agent}`))];
    before = traces(node());
    for (let round = 0; round < cycles; round++) {
      await lab().startPod(sleepingPod(name), workloadNamespace, name);
      await leaves('--grace-period=1', '--timeout=55s');
    }
    await expectNothingLeft();
    const now = processHoldings(node().path(`/proc/${agent}`));
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stderr.write(`cluster: ${cycles} pods in ${seconds} s; the agent: ${JSON.stringify({ then, now })}\n`);
    expect(now.openFiles).toBeLessThanOrEqual(then.openFiles);
    expect(now.residentMiB).toBeLessThan(80);
  });

  /** The agent has another pod by now. */
  async function expectAgentsDifference(): Promise<void> {
    const kinds = (all: readonly string[]) => all.map((trace) => trace.replace(/^folder of .*/, 'folder of a pod'));
    await expect.poll(() => kinds(traces(node())), patience).toEqual(kinds(before));
  }
}
