// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { refOf } from '../../../src/cluster/objects/object-ref.ts';
import type { InventoryEntry } from '../../../src/cluster/stack/inventory.ts';
import { hasMultus, keepingMultus } from '../../../src/cluster/stack/own-multus.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { decide } from '../../../src/providers/decide.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';

/** A node as it is probed once Multus runs on it. */
function nodeWithMultus() {
  const report = awsNode('node-1');
  const cni = { ...report.node.cni, multus: 'thick' as const };
  return { ...report, node: { ...report.node, cni } };
}

const entries = (objects: readonly Parameters<typeof refOf>[0][]): InventoryEntry[] =>
  objects.map((object) => ({ ...refOf(object), adopted: false }));

function kindsOfMultus(multus: 'auto' | 'present' | 'install', objects: readonly InventoryEntry[]): string[] {
  const config = keepingMultus(configSchema.parse({ kubernetes: { multus } }), { objects });
  const report = nodeWithMultus();
  const rendered = renderKubernetes({ nodes: [{ report, decision: decide(report, config) }], config });
  return rendered.objects.filter(({ metadata }) => metadata.name === 'vdpactl-multus').map(({ kind }) => kind);
}

const config = configSchema.parse({});
const first = renderKubernetes({
  nodes: [{ report: awsNode('node-1'), decision: decide(awsNode('node-1'), config) }],
  config,
});

test('the Multus of the stack stays in it, although its nodes now report one', () => {
  const stack = entries(first.objects);
  expect(hasMultus({ objects: stack })).toBe(true);
  expect(kindsOfMultus('auto', stack)).toContain('DaemonSet');
});

test('that of somebody else is left alone', () => {
  const stack = entries(first.objects).filter(({ name }) => name !== 'vdpactl-multus');
  expect(hasMultus({ objects: stack })).toBe(false);
  expect(kindsOfMultus('auto', stack)).toEqual([]);
});

test('it goes when the config says that there is one', () => {
  expect(kindsOfMultus('present', entries(first.objects))).toEqual([]);
});
