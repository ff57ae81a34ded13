// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { toManifestFiles } from '../../../src/output/manifests/manifest-files.ts';
import { toManifestList } from '../../../src/output/manifests/manifest-list.ts';
import { plainYaml, toManifestYaml } from '../../../src/output/manifests/manifest-yaml.ts';
import type { KubernetesStack } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { awsNode, localNode } from '../../fixtures/cluster-nodes.ts';
import { renderNodes } from '../../templates/kubernetes/render.ts';

const stack: KubernetesStack = renderNodes([awsNode('b'), awsNode('a'), localNode('c')]);

describe('YAML', () => {
  it.each([
    'on',
    'y',
    'No',
    'null',
    '~',
    '0640',
    '0o7',
    '0x1f',
    '1e3',
    '12:30:45',
    '1_000',
    '2026-11-24',
    '=',
    '<<',
    '',
    ' ',
    'a: b',
    '- a',
    '{}',
    '1',
    '-1',
    '.inf',
  ])('quotes %j', (text) => {
    expect(plainYaml({ text })).toBe(`text: ${JSON.stringify(text)}\n`);
  });

  it.each(['vdpactl-agent', '/var/run/vdpa', 'rbac.authorization.k8s.io/v1', 'ghcr.io/a/b:v1', 'Directory'])(
    'leaves %j as it is',
    (text) => {
      expect(plainYaml({ text })).toBe(`text: ${text}\n`);
    },
  );

  it('says the same to readers of either version', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('on', 'E0', 'e-5', '0640', '1:2', 'a\nb\n', '\n', 'x\n\n'),
      fc.mixedCase(fc.constant('yes')),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          fc.oneof(text, fc.array(text), fc.integer(), fc.boolean()),
        ),
        (value) => {
          for (const version of ['1.1', '1.2'] as const)
            expect(parse(plainYaml(value), { version, merge: false })).toEqual(value);
        },
      ),
    );
  });
});

describe('the manifests of a stack', () => {
  it('as one file hold its objects in order, and say what to do first', () => {
    const yaml = toManifestYaml(stack);
    const documents = parseAllDocuments(yaml);
    expect(documents.map((document) => document.toJS())).toEqual(stack.objects);
    expect(yaml).toMatch(/^# vdpactl \S+: the stack of a cluster, \d+ objects for 3 nodes\.$/m);
    expect(yaml).toMatch(/^# {3}ghcr\.io\/k8snetworkplumbingwg\/multus-cni:v\S+$/m);
    expect(yaml).toContain(
      '\n#   kubectl label --overwrite node a b vdpactl.io/provider=aws vdpactl.io/device-set=aws vdpactl.io/backend=1cpu-256mi\n',
    );
    expect(yaml).not.toMatch(/[ \t]$/m);
  });

  it('as one JSON document are what kubectl takes', () => {
    expect(toManifestList(stack)).toEqual({
      schemaVersion: 'vdpactl/v1',
      apiVersion: 'v1',
      kind: 'List',
      nodeLabels: stack.nodeLabels,
      items: stack.objects,
    });
  });

  it('as files are numbered, and kustomize finds each', () => {
    const files = toManifestFiles(stack);
    const [readme, kustomization, ...objects] = [...files.keys()];
    expect([readme, kustomization]).toEqual(['README.md', 'kustomization.yaml']);
    expect(objects).toEqual([...objects].sort());
    expect(new Set(objects).size).toBe(stack.objects.length);
    expect(objects.map((name) => parse(files.get(name) ?? ''))).toEqual(stack.objects);
    expect(parse(files.get('kustomization.yaml') ?? '')).toMatchObject({ kind: 'Kustomization', resources: objects });
    expect(objects.every((name) => /^\d\d-[a-z0-9.-]+\.yaml$/.test(name))).toBe(true);
    expect(files.get('README.md')).toContain('\nkubectl label --overwrite node c vdpactl.io/provider=local');
  });

  it('name a few nodes a line', () => {
    const many = renderNodes(Array.from({ length: 20 }, (_, index) => awsNode(`n${index}`)));
    const lines = toManifestYaml(many).match(/^#.*kubectl label.*$/gm) ?? [];
    expect(lines).toHaveLength(3);
    expect(lines.join(' ').match(/ n\d+/g)).toHaveLength(20);
  });
});
