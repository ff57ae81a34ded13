// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { pathOf, refOf } from '../../../src/cluster/objects/object-ref.ts';
import { isRecord } from '../../../src/config/plain-data.ts';
import { probe } from '../../../src/platform/probe.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { allNodes } from '../../fixtures/nodes.ts';
import { withTree } from '../../fixtures/tree.ts';
import { cannotRunStacks, stackSuite, succeeded } from '../helpers/stack-suite.ts';

const config = { kubernetes: { workloads: ['l3fwd', 'seawreck'], multus: 'install' } };
// Each of its own name, as nodes of one cluster have.
const reports = Object.entries(allNodes).map(([key, tree], index) => {
  const report = withTree(tree, (root) => probe({ root }));
  return { ...report, node: { ...report.node, name: `n${index}-${key.toLowerCase()}` } };
});

const renderArguments = ['render', '--target', 'kubernetes', '--progress', 'none'];
const listSchema = z.object({ items: z.array(z.custom<KubernetesObject>()) });

describe.skipIf(cannotRunStacks())('the stack for all fixtures', () => {
  const suite = stackSuite({ reports, config });

  test('is kept by the server with every field as it was rendered', async () => {
    const { lab } = suite;
    succeeded(await lab.deploy());
    const rendered = succeeded(await lab.run([...renderArguments, '--from', 'reports.json', '-o', 'json']));
    const { items } = listSchema.parse(JSON.parse(rendered.stdout));
    const objects = items.filter(({ kind }) => kind !== 'Node');
    expect(objects.length).toBeGreaterThan(20);
    const lost = await Promise.all(
      objects.map(async (object) => {
        const live = await lab.cluster.client.request({ path: pathOf(refOf(object)) });
        return missingIn(live, object, `${object.kind} ${object.metadata.name}`);
      }),
    );
    expect(lost.flat()).toEqual([]);
  });
});

/** Paths of what was rendered that the server does not have with that value. It may have more: its own defaults. */
function missingIn(kept: unknown, rendered: unknown, path: string): string[] {
  if (Array.isArray(rendered)) {
    if (!Array.isArray(kept) || kept.length < rendered.length) return [path];
    return rendered.flatMap((each, index) => missingIn(kept[index], each, `${path}[${index}]`));
  }
  if (isRecord(rendered)) {
    if (!isRecord(kept)) return [path];
    return Object.entries(rendered).flatMap(([key, value]) => missingIn(kept[key], value, `${path}.${key}`));
  }
  return kept === rendered ? [] : [`${path}: ${JSON.stringify(rendered)} -> ${JSON.stringify(kept)}`];
}
