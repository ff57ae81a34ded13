// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { extract } from '../../../src/platform/capture/tar.ts';
import { planted, secretAnnotations, secretEnv } from '../../cluster-runtime/sysdump/planted.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { transcript } from '../../local/helpers/cli.ts';
import { StackLab } from '../helpers/stack-lab.ts';

const { bin } = inject('cluster');
const namespace = 'dump-system';
const names = ['node-a', 'node-b', 'node-c', 'node-d'];

const documentSchema = z.object({
  file: z.string(),
  parts: z.array(
    z.object({
      part: z.string(),
      outcome: z.string(),
      gaps: z.array(z.object({ what: z.string(), outcome: z.string(), why: z.string() })),
    }),
  ),
});

describe('vdpactl sysdump', () => {
  let lab: StackLab;

  beforeAll(async () => {
    lab = await StackLab.start({
      bin,
      config: { kubernetes: { namespace, workloadNamespace: 'dump-workloads' } },
      reports: names.map((name) => awsNode(name)),
    });
    const deployed = await lab.deploy();
    expect(deployed.code, transcript(deployed)).toBe(0);
  });

  afterAll(() => lab.stop());

  async function dump(...args: readonly string[]) {
    const result = await lab.run(['sysdump', '-o', 'json', '--file', 'dump.tgz', '--force', ...args]);
    expect(result.code, transcript(result)).toBe(0);
    const { parts } = documentSchema.parse(JSON.parse(result.stdout));
    const outcomes = Object.fromEntries(parts.map(({ part, outcome }) => [part, outcome]));
    return { parts, outcomes, entries: await unpack(join(lab.folder, 'dump.tgz')) };
  }

  test('has all of a healthy stack, and is what detect --from reads', async () => {
    const { outcomes, parts, entries } = await dump();
    // The simulated kubelets have no log for containers that run, and no agent, which is asked for all the same.
    expect({ ...outcomes, logs: '' }, JSON.stringify(parts)).toEqual({
      agents: 'failed',
      ...{ version: 'saved', inventory: 'saved', lease: 'saved', nodes: 'saved', objects: 'saved', events: 'saved' },
      ...{ pods: 'saved', reports: 'saved', logs: '' },
    });
    expect(Object.keys(entries)).toEqual(
      expect.arrayContaining([
        `objects/daemonsets/${namespace}/vdpactl-agent.json`,
        'objects/customresourcedefinitions/network-attachment-definitions.k8s.cni.cncf.io.json',
        ...names.map((name) => `nodes/${name}.json`),
      ]),
    );
    expect(Object.keys(entries).filter((name) => name.startsWith(`pods/${namespace}/vdpactl-agent-`))).toHaveLength(4);
    // As rendered, so shown.
    const settings = Object.entries(entries).filter(([name]) => name.startsWith('objects/configmaps/'));
    for (const [name, text] of settings.filter(([name]) => !name.includes('inventory'))) {
      expect(text, name).not.toContain('leftOut');
    }
    const detected = await lab.run(['detect', '--from', 'dump.tgz', '-o', 'json']);
    expect(detected.code, transcript(detected)).toBe(0);
    expect(JSON.parse(detected.stdout)).toMatchObject({ nodes: names.map((name) => ({ node: { name } })) });
  });

  test('has nothing of what people put where it does not belong', async () => {
    const { kubectl } = lab.cluster;
    await kubectl.ok('create', 'secret', 'generic', 'a-secret', '-n', namespace, `--from-literal=a=${planted}`);
    const agent = ['daemonset/vdpactl-agent', '-n', namespace];
    await kubectl.ok('set', 'env', ...agent, `TOKEN=${secretEnv[0]?.value}`);
    for (const object of [agent, ['node/node-a'], ['configmap/vdpactl-config', '-n', namespace]]) {
      const annotations = Object.entries(secretAnnotations).map(([key, value]) => `${key}=${value}`);
      await kubectl.ok('annotate', '--overwrite', ...object, ...annotations);
    }
    const patch = JSON.stringify({ data: { password: planted } });
    await kubectl.ok('patch', 'configmap/vdpactl-config', '-n', namespace, '--type=merge', '-p', patch);
    await kubectl.ok('label', 'node/node-a', `example.com/token=${planted}`);
    const { entries } = await dump('--quick');
    for (const [name, text] of Object.entries(entries)) expect(text, name).not.toContain(planted);
    expect(entries[`objects/configmaps/${namespace}/vdpactl-config.json`]).toContain('not what vdpactl rendered');
  });

  test('works with half of the cluster down', async () => {
    for (const name of ['node-c', 'node-d']) await lab.cluster.simulator.setReady(name, 'Unknown', 'no heartbeat');
    const { outcomes, parts, entries } = await dump();
    expect(outcomes).toMatchObject({ nodes: 'saved', pods: 'saved', reports: 'partial' });
    const reports = parts.find(({ part }) => part === 'reports')?.gaps ?? [];
    expect(reports.map(({ what }) => what)).toEqual(['node-c', 'node-d']);
    // Whose kubelet is silent is not asked for what its agent says.
    const agents = parts.find(({ part }) => part === 'agents')?.gaps ?? [];
    expect(agents.map(({ what }) => what).sort()).toEqual(['node-a', 'node-b']);
    const logs = parts.find(({ part }) => part === 'logs')?.gaps ?? [];
    expect(logs.filter(({ why }) => why.includes('node-c does not answer')).length).toBeGreaterThan(0);
    expect(entries['index.html']).toContain('node-d');
    const detected = await lab.run(['detect', '--from', 'dump.tgz', '-o', 'json']);
    expect(JSON.parse(detected.stdout)).toMatchObject({
      nodes: [{ node: { name: 'node-a' } }, { node: { name: 'node-b' } }],
    });
  });

  test('takes only the nodes that are named', async () => {
    const { entries } = await dump('--node-list', 'node-a,node-b');
    expect(Object.keys(entries).filter((name) => name.startsWith('nodes/'))).toEqual([
      'nodes/node-a.json',
      'nodes/node-b.json',
    ]);
    expect(JSON.parse(entries['reports.json'] ?? '')).toMatchObject({ nodes: [{}, {}] });
  });

  test('says what it has when there is neither a stack nor a right', async () => {
    const admin = lab.cluster.server.kubeconfig;
    const result = await lab.run(['sysdump', '--as', 'nobody', '--quick', '--file', 'none.tgz'], { kubeconfig: admin });
    expect(result.code, transcript(result)).toBe(0);
    expect(result.stdout).toMatch(/^nodes +failed +0 +the user nobody may not list nodes$/m);
  });
});

async function unpack(file: string): Promise<Record<string, string>> {
  const archive = extract();
  archive.end(gunzipSync(readFileSync(file)));
  const entries: Record<string, string> = {};
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    entries[entry.header.name] = Buffer.concat(chunks).toString('utf8');
  }
  return entries;
}
