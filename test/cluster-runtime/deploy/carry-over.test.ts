// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { carryOver } from '../../../src/cluster/deploy/carry-over.ts';
import { planStack } from '../../../src/cluster/deploy/plan-stack.ts';
import { keyOf, refOf } from '../../../src/cluster/objects/object-ref.ts';
import type { StackPlan } from '../../../src/cluster/stack/stack-plan.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { isRecord, valueAt } from '../../../src/config/plain-data.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import type { FleetResult } from '../../../src/fleet/fleet-result.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { alibabaNode, awsNode, connectxNode, igbNode, vfioModules, withIommu } from '../../fixtures/cluster-nodes.ts';

const config = configSchema.parse({ kubernetes: { workloads: ['l3fwd'] } });
const reports = [
  awsNode('aws-1'),
  awsNode('aws-2'),
  connectxNode('metal-1'),
  igbNode('metal-2'),
  alibabaNode('ali-1', vfioModules, withIommu),
];
const all: FleetResult[] = reports.map((report) => ({ node: report.node.name ?? '', report }));
const away = (node: string): FleetResult => ({
  node,
  error: new VdpaError('VDPA-CLUSTER-007', 'the probe did not run', { next: 'look' }),
});
const before = planStack(all, null, config, []).plan;
const keys = ({ objects }: StackPlan) => objects.map((object) => keyOf(refOf(object)));
const find = ({ objects }: StackPlan, kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

/** The DaemonSets whose pods a node of these labels gets. */
function on({ objects }: StackPlan, node: string, nodes = before.nodes): string[] {
  const labels = nodes.find(({ name }) => name === node)?.labels ?? {};
  return objects
    .filter((object) => object.kind === 'DaemonSet')
    .filter((object) => {
      const selector = valueAt(object, ['spec', 'template', 'spec', 'nodeSelector']);
      return (
        !isRecord(selector) ||
        Object.entries(selector).every(([key, value]) => !key.startsWith('vdpactl.io/') || labels[key] === value)
      );
    })
    .map(({ metadata }) => metadata.name);
}

/** Keys of ConfigMaps that a pod template mounts one by one, as `ConfigMap key`. */
function mounted(object: KubernetesObject | undefined): string[] {
  const volumes = valueAt(object, ['spec', 'template', 'spec', 'volumes']);
  if (!Array.isArray(volumes)) return [];
  return volumes.flatMap((volume) => {
    const name = valueAt(volume, ['configMap', 'name']);
    const items = valueAt(volume, ['configMap', 'items']);
    return Array.isArray(items) ? items.map((item) => `${String(name)} ${String(valueAt(item, ['key']))}`) : [];
  });
}

describe('a plan for nodes of which some cannot be looked at', () => {
  it.each(reports.map(({ node }) => node.name ?? ''))('keeps for %s what it had', (name) => {
    const results = all.map((one) => (one.node === name ? away(name) : one));
    const { plan, skipped } = planStack(results, before, config, []);
    expect(skipped).toEqual([expect.objectContaining({ node: name, kept: true })]);
    expect(plan.nodes).toEqual(before.nodes);
    expect(on(plan, name)).toEqual(on(before, name));
    for (const set of on(plan, name)) expect(find(plan, 'DaemonSet', set)).toEqual(find(before, 'DaemonSet', set));
  });

  it('has every key of a ConfigMap that one of its DaemonSets mounts', () => {
    for (const { node } of all) {
      const { plan } = planStack(
        all.map((one) => (one.node === node ? away(node) : one)),
        before,
        config,
        [],
      );
      for (const object of plan.objects) {
        for (const each of mounted(object)) {
          const [name = '', key = ''] = each.split(' ');
          expect(valueAt(find(plan, 'ConfigMap', name), ['data', key]), `${each}, without ${node}`).toBeTypeOf(
            'string',
          );
        }
      }
    }
  });

  it('is the plan before when none of them can be', () => {
    const { plan } = planStack(
      all.map(({ node }) => away(node)),
      before,
      config,
      [],
    );
    expect(plan.nodes).toEqual(before.nodes);
    for (const name of before.nodes.map((node) => node.name)) expect(on(plan, name)).toEqual(on(before, name));
    expect(new Set(keys(plan))).toEqual(new Set(keys(before)));
  });

  it('is the plan before in every object, so that no other node notices', () => {
    const byKey = ({ objects }: StackPlan) => new Map(objects.map((object) => [keyOf(refOf(object)), object]));
    for (const { node } of all) {
      const results = all.map((one) => (one.node === node ? away(node) : one));
      expect(byKey(planStack(results, before, config, []).plan), `without ${node}`).toEqual(byKey(before));
    }
  });

  it('gives no other set the name of one that is kept: its node would get devices that are not its own', () => {
    const [metal1, metal2] = [all[2], all[3]] as [FleetResult, FleetResult];
    const alone = planStack([metal1], null, config, []).plan;
    const own = alone.nodes[0]?.labels['vdpactl.io/device-set'] ?? '';
    const { plan } = planStack([away('metal-1'), metal2], alone, config, []);
    const text = (of: StackPlan) => valueAt(find(of, 'ConfigMap', 'vdpactl-device-plugin'), ['data', `${own}.json`]);
    expect(text(plan)).toBe(text(alone));
    expect(text(plan)).toBeTypeOf('string');
    expect(plan.nodes.map(({ labels }) => labels['vdpactl.io/device-set'])).toEqual([
      own,
      expect.not.stringMatching(`^${own}$`),
    ]);
    expect(on(plan, 'metal-1', plan.nodes)).not.toEqual(on(plan, 'metal-2', plan.nodes));
    // An equal node joins the set, whatever became of the first.
    const twin = planStack(
      [away('metal-1'), { node: 'metal-3', report: connectxNode('metal-3') }],
      alone,
      config,
      [],
    ).plan;
    expect(twin.nodes.map(({ labels }) => labels['vdpactl.io/device-set'])).toEqual([own, own]);
  });

  it('takes a node that was not part of the stack for one that is left out', () => {
    const { plan, skipped } = planStack([...all, away('new-1')], before, config, []);
    expect(skipped).toEqual([expect.objectContaining({ node: 'new-1', kept: false })]);
    expect(plan).toEqual(before);
  });

  it('without a plan before, or without such nodes, is as it was made', () => {
    const made = planStack(all.slice(0, 2), null, config, []).plan;
    expect(carryOver(made, null, before.nodes)).toBe(made);
    expect(carryOver(made, before, [])).toBe(made);
  });
});

describe('no stack can be planned', () => {
  it('when no node has anything to give away: it is said of each why', () => {
    const bare = { ...awsNode('bare'), nics: awsNode('bare').nics.slice(0, 1) };
    expect(() => planStack([{ node: 'bare', report: bare }], null, config, [])).toThrow(
      expect.objectContaining({
        code: 'VDPA-DEPLOY-004',
        exitCode: 5,
        details: [expect.stringMatching(/^node bare: /)],
      }),
    );
  });

  it('when none can be looked at: what to do is what helps the first', () => {
    expect(() => planStack([away('a'), away('b')], null, config, [])).toThrow(
      expect.objectContaining({
        code: 'VDPA-DEPLOY-005',
        exitCode: 3,
        details: ['node a: the probe did not run', 'node b: the probe did not run'],
        next: 'look',
      }),
    );
  });
});
