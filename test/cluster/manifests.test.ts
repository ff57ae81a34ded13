// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { configSchema } from '../../src/config/config-schema.ts';
import { probe } from '../../src/platform/probe.ts';
import { decide } from '../../src/providers/decide.ts';
import type { Json, KubernetesObject, KubernetesStack } from '../../src/templates/kubernetes/kubernetes-object.ts';
import { networkCrd } from '../../src/templates/kubernetes/multus/network-crd.ts';
import { renderKubernetes } from '../../src/templates/kubernetes/render-kubernetes.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { withTree } from '../fixtures/tree.ts';
import { startCli, transcript } from '../local/helpers/cli.ts';
import { Kubectl } from './kubectl.ts';

const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);

/** Said of everything that succeeds: the API server's warnings come on standard error. */
const acceptedWithoutWarning = { exitCode: 0, stderr: '' };

const stacks: readonly (readonly [name: string, nodes: readonly string[]])[] = [
  ...Object.keys(allNodes).map((name) => [name, [name]] as const),
  ['all of them in one cluster', Object.keys(allNodes)],
  ['a cluster without a node', []],
];

describe.each(stacks)('the stack for %s', (name, nodes) => {
  const stack = render(`m${stacks.findIndex((row) => row[0] === name)}`, nodes);
  const namespaces = stack.objects.filter(({ kind }) => kind === 'Namespace');
  // Where Multus is there already, its definition is too.
  const definitions = [networkCrd()];

  beforeAll(async () => {
    // What others are kept in cannot be there for a dry run alone.
    expect(await kubectl.apply(list([...namespaces, ...definitions]))).toMatchObject(acceptedWithoutWarning);
    await established();
    for (const { metadata } of namespaces) {
      // No controller runs that would make it.
      const account = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: metadata.name },
      };
      expect(await kubectl.apply(JSON.stringify(account))).toMatchObject(acceptedWithoutWarning);
    }
  });

  test('is accepted in a dry run', async () => {
    expect(await kubectl.apply(list(stack.objects), '--dry-run=server')).toMatchObject(acceptedWithoutWarning);
  });

  test('is accepted, and a second time changes nothing', async () => {
    expect(await kubectl.apply(list(stack.objects))).toMatchObject(acceptedWithoutWarning);
    const before = await versions(stack.objects);
    expect(before.split('\n')).toHaveLength(stack.objects.length);
    expect(await kubectl.apply(list(stack.objects))).toMatchObject(acceptedWithoutWarning);
    expect(await versions(stack.objects)).toBe(before);
  });

  test('has pods that Pod Security lets into their namespaces', async () => {
    const pods = stack.objects.flatMap(podOf);
    expect(pods).not.toEqual([]);
    expect(await kubectl.apply(list(pods), '--dry-run=server')).toMatchObject(acceptedWithoutWarning);
  });

  test('has labels that nodes can have', async () => {
    if (stack.nodeLabels.length === 0) return;
    const labelled = stack.nodeLabels.map(({ node, labels }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels },
    }));
    expect(await kubectl.apply(list(labelled), '--dry-run=server')).toMatchObject(acceptedWithoutWarning);
  });
});

describe('the service accounts of the stack', () => {
  const stack = render('rights', ['laptop', 'connectx6dx', 'awsC5n'], 'install');
  const accounts = stack.objects.filter(({ kind }) => kind === 'ServiceAccount');
  const bound = stack.objects.flatMap((object) => (object.kind.endsWith('RoleBinding') ? subjectsOf(object) : []));

  beforeAll(async () => {
    const first = [...stack.objects.filter(({ kind }) => kind === 'Namespace'), networkCrd()];
    expect(await kubectl.apply(list(first))).toMatchObject(acceptedWithoutWarning);
    await established();
    expect(await kubectl.apply(list(stack.objects))).toMatchObject(acceptedWithoutWarning);
  });

  test('may do what everybody may, unless a role says more', async () => {
    const everybody = await rights('rights-system', 'nobody-special');
    const unbound = accounts.filter(({ metadata }) => !bound.includes(metadata.name));
    expect(unbound).not.toEqual([]);
    for (const { metadata } of unbound) expect(await rights(metadata.namespace ?? '', metadata.name)).toBe(everybody);
  });

  test.each([
    ['get', 'secrets'],
    ['create', 'pods'],
    ['create', 'pods/exec'],
    ['delete', 'pods'],
    ['patch', 'nodes'],
    ['create', 'serviceaccounts/token'],
    ['escalate', 'clusterroles'],
    ['bind', 'clusterroles'],
    ['*', '*'],
  ])('may not %s %s', async (verb, resource) => {
    for (const { metadata } of accounts) {
      const who = `--as=system:serviceaccount:${metadata.namespace}:${metadata.name}`;
      const answer = await kubectl.run('auth', 'can-i', verb, resource, '--all-namespaces', who);
      expect(`${metadata.name}: ${answer.stdout}`).toBe(`${metadata.name}: no`);
    }
  });
});

describe('vdpactl render', () => {
  let folder: string;
  const own = { kubernetes: { namespace: 'render-system', workloadNamespace: 'render-workloads' } };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vdpactl-render-'));
    writeFileSync(join(folder, 'vdpactl.yaml'), JSON.stringify(own));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['aws', 'awsC5n'],
    ['alibaba', 'alibabaEcs'],
    ['baremetal', 'connectx6dx'],
  ])('prints for %s what kubectl applies', async (provider, name) => {
    const report = withTree(allNodes[name] ?? {}, (root) => probe({ root }));
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(report));
    const args = ['render', '--target', 'kubernetes', '--provider', provider, '--from', file, '-o', 'yaml'];
    const result = await startCli(args, { cwd: folder }).ended;
    expect(result.code, transcript(result)).toBe(0);
    const yaml = result.stdout;
    // Namespaces and definitions come first, and what needs them is applied by a second run.
    const first = await kubectl.apply(yaml);
    const second = first.exitCode === 0 ? first : await kubectl.apply(yaml);
    expect(second).toMatchObject(acceptedWithoutWarning);
    expect(await kubectl.apply(yaml, '--dry-run=server')).toMatchObject(acceptedWithoutWarning);
  });
});

function render(prefix: string, names: readonly string[], multus: 'auto' | 'install' = 'auto'): KubernetesStack {
  const config = configSchema.parse({
    kubernetes: {
      namespace: `${prefix}-system`,
      workloadNamespace: `${prefix}-workloads`,
      workloads: ['l3fwd', 'seawreck'],
      multus,
    },
  });
  const nodes = names.map((name) => {
    const report = withTree(allNodes[name] ?? {}, (root) => probe({ root }));
    return { report, decision: decide(report, config) };
  });
  return renderKubernetes({ nodes, config });
}

function list(items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The pod that a controller would make of an object with a template. */
function podOf({ kind, metadata, spec }: KubernetesObject): Record<string, Json>[] {
  if (kind === 'Pod' || !isRecord(spec) || !isRecord(spec['template'])) return [];
  const { metadata: ofTemplate, spec: ofPod } = spec['template'];
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(isRecord(ofTemplate) ? ofTemplate : {}),
        name: `${metadata.name}-0`,
        namespace: metadata.namespace ?? '',
      },
      spec: ofPod ?? null,
    },
  ];
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Kind, name and resource version of each object as it is kept. */
function versions(objects: readonly KubernetesObject[]): Promise<string> {
  const line = '{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}';
  return kubectl.get(list(objects), '-o', `jsonpath={range .items[*]}${line}{end}`);
}

/** Names of what a binding is for. */
function subjectsOf(object: Readonly<Record<string, unknown>>): string[] {
  const subjects = object['subjects'];
  if (!Array.isArray(subjects)) return [];
  return subjects.flatMap((subject: unknown) =>
    isRecord(subject) && typeof subject['name'] === 'string' ? subject['name'] : [],
  );
}

/** What a service account may do in its namespace, as the API server says. */
function rights(namespace: string, name: string): Promise<string> {
  const who = ['--as', `system:serviceaccount:${namespace}:${name}`];
  return kubectl.ok('auth', 'can-i', '--list', '--namespace', namespace, ...who);
}

async function established(): Promise<void> {
  await kubectl.ok('wait', '--for=condition=Established', '--timeout=30s', 'customresourcedefinition', '--all');
}
