// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { type ResidueRequest, removeResidue } from '../../../src/cluster/destroy/residue.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { Kubectl } from '../kubectl.ts';
import { simulateNamespaces } from '../namespace-simulator.ts';
import { NodeSimulator, type PodFate, type SimulatedNode } from '../node-simulator.ts';

const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);
const namespace = 'residue-system';
const { kubernetes } = configSchema.parse({});

const answer = (removed: readonly string[], left: readonly object[] = []) =>
  JSON.stringify({ schemaVersion, removed, left });
const done: PodFate = { kind: 'succeeds', log: '', message: answer(['/var/run/vdpa']) };
const node = (name: string, fate: PodFate, more: Partial<SimulatedNode> = {}): SimulatedNode => ({
  name,
  fate: () => fate,
  ...more,
});

describe('removing residue, against a real API server and simulated nodes', () => {
  let client: KubeClient;
  let namespaces: { stop(): Promise<void> };
  let simulator: NodeSimulator | null = null;

  beforeAll(async () => {
    client = connect({ kubeconfig }, {}, '/');
    namespaces = simulateNamespaces(client);
    await kubectl.ok('create', 'namespace', namespace);
    await kubectl.ok('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged');
  });

  afterEach(async () => {
    await simulator?.stop();
    simulator = null;
    expect(await kubectl.ok('get', 'pods', '-A', '-l', 'vdpactl.io/clean-run', '-o', 'name')).toBe('');
  });

  afterAll(async () => {
    await kubectl.run('delete', 'namespace', namespace, '--wait=false');
    await namespaces.stop();
    client.close();
  });

  async function clean(nodes: readonly SimulatedNode[], more: Partial<ResidueRequest> = {}) {
    simulator = await NodeSimulator.start(client, nodes);
    return removeResidue({
      ...{ client, kubernetes, namespace, multus: false, timeoutMs: 8_000, progress: silentProgress },
      nodes: nodes.map(({ name }) => name),
      signal: new AbortController().signal,
      ...more,
    });
  }

  test('answers in the order that was asked for, by the last word of a container or by its log', async () => {
    const log = `warning: x\n${JSON.stringify(JSON.parse(answer(['/from/the/log'])), null, 2)}\n`;
    const results = await clean([
      node('word', done),
      node('log', { kind: 'succeeds', log }),
      // Cut off in the middle, as kubelet does with a long one.
      node('cut', { kind: 'succeeds', log, message: answer(['/x']).slice(0, 20) }),
      node('used', { kind: 'fails', exitCode: 5, message: answer([], [{ what: '/var/run/vdpa', why: 'used' }]) }),
    ]);
    expect(results).toEqual([
      { node: 'word', removed: ['/var/run/vdpa'], left: [], kept: [], error: null },
      { node: 'log', removed: ['/from/the/log'], left: [], kept: [], error: null },
      { node: 'cut', removed: ['/from/the/log'], left: [], kept: [], error: null },
      { node: 'used', removed: [], left: [{ what: '/var/run/vdpa', why: 'used' }], kept: [], error: null },
    ]);
  });

  test('says of each node why it could not be cleaned, and goes on with the others', async () => {
    const results = await clean(
      [
        node('good', done),
        node('crash', { kind: 'fails', exitCode: 70, message: 'error VDPA-BUG-001: x\nnext: y', log: 'no document' }),
        node('dead', { kind: 'ignored' }, { ready: 'Unknown' }),
        node('image', { kind: 'waits', reason: 'ErrImagePull', message: 'not found' }),
        node('junk', { kind: 'succeeds', log: '{\n  "removed": true\n}\n' }),
        node('slow', { kind: 'ignored' }, { ready: 'False', readyMessage: 'PLEG is not healthy' }),
      ],
      { nodes: ['good', 'crash', 'dead', 'image', 'junk', 'slow', 'none'] },
    );
    const said = Object.fromEntries(
      results.map(({ node: name, error }) => [name, error === null ? null : `${error.code}: ${error.message}`]),
    );
    expect(said).toEqual({
      good: null,
      crash: 'VDPA-CLUSTER-007: the clean-up did not run: the clean-up ended with exit code 70: error VDPA-BUG-001: x',
      dead: expect.stringMatching(/^VDPA-CLUSTER-007: no clean-up can run there: its kubelet has not answered since 2/),
      image: 'VDPA-CLUSTER-007: the clean-up did not run within 8 s: ErrImagePull: not found',
      junk: 'VDPA-CLUSTER-008: the clean-up did not answer what it removed',
      slow: 'VDPA-CLUSTER-007: the clean-up did not run within 8 s: the node is not ready: PLEG is not healthy',
      none: 'VDPA-CLUSTER-007: no clean-up can run there: it is no node of this cluster any more',
    });
  });

  test('asks for the folders of Multus only where the stack had brought it', async () => {
    const spec = async (multus: boolean) => {
      await clean([node('a', done)], { multus });
      const [pod] = simulator?.seen.values() ?? [];
      await simulator?.stop();
      simulator = null;
      return pod?.spec;
    };
    const [without, withIt] = [await spec(false), await spec(true)];
    const paths = (volumes: readonly object[] | undefined) =>
      (volumes ?? []).map((volume) => ('hostPath' in volume ? (volume.hostPath as { path: string }).path : ''));
    expect(paths(without?.volumes)).toEqual([
      ...['/dev', '/lib/modules', '/run', '/var/run', '/opt/cni/bin'],
      ...['/var/lib/kubelet/pods', '/var/lib/kubelet/device-plugins', '/var/lib/kubelet/plugins_registry'],
    ]);
    expect(paths(withIt?.volumes).slice(8)).toEqual(['/etc/cni', '/var/lib/cni']);
    expect(without).toMatchObject({ hostNetwork: true, hostPID: true, automountServiceAccountToken: false });
    expect(JSON.stringify(without)).not.toContain('--multus');
    expect(JSON.stringify(withIt)).toContain('--multus');
  });

  test('leaves no pod behind when it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by SIGINT');
    const progress = { ...silentProgress, update: () => setTimeout(() => controller.abort(reason), 300) };
    const nodes = ['a', 'b', 'c'].map((name) => node(name, { kind: 'ignored' }));
    await expect(clean([...nodes, node('d', done)], { signal: controller.signal, progress })).rejects.toBe(reason);
    expect(simulator?.seen.size).toBe(4);
  });
});
