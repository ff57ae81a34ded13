// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type NodeLook, nodeView } from '../../../../dataplane/agent/node-specs/node-view.ts';
import { hasProcess } from '../../../../dataplane/contract/backend-spec.ts';
import { runDir } from '../../../../dataplane/contract/run-dir.ts';
import { type Config, configSchema } from '../../../../src/config/config-schema.ts';
import { VdpaError } from '../../../../src/errors/vdpa-error.ts';
import { probe } from '../../../../src/platform/probe.ts';
import { decide } from '../../../../src/providers/decide.ts';
import { backendClass, backendLabel } from '../../../../src/templates/kubernetes/backend.ts';
import { deviceSets } from '../../../../src/templates/kubernetes/device-plugin/device-sets.ts';
import { preparedTree } from '../../../cluster/helpers/machine-tree.ts';
import { metalNodes } from '../../../fixtures/metal-nodes.ts';
import { allNodes, laptop } from '../../../fixtures/nodes.ts';
import { nodeReport } from '../../../fixtures/reports.ts';
import { type Tree, withTree } from '../../../fixtures/tree.ts';

const dir = runDir('/var/run/vdpa');

function lookAt(tree: Tree, change: object = {}): NodeLook {
  const report = withTree(tree, (root) => probe({ root }));
  return look(report, change);
}

function look(report: NodeLook['report'], change: object = {}): NodeLook {
  const config: Config = configSchema.parse(change);
  return { report, decision: decide(report, config), config };
}

const local = (change: object = {}) => look(nodeReport(), { provider: 'local', local: { devices: 3, ...change } });

describe('what a node offers', () => {
  it('is a backend for each device, whose CPU the supervisor is to choose', () => {
    const { specs, advertiser, provider, whyNone, unprepared } = nodeView(local(), dir);
    expect({ provider, advertiser, whyNone, unprepared }).toEqual({
      provider: 'local',
      advertiser: 'agent',
      whyNone: null,
      unprepared: [],
    });
    expect(specs.map(({ device }) => device)).toEqual(['local0', 'local1', 'local2']);
    for (const spec of specs.filter(hasProcess)) {
      expect(spec.cpu).toBeNull();
      expect(spec.args).toContain('0@{cpu},1@{cpu}');
      expect(spec.args.join(' ')).toContain(`iface=/var/run/vdpa/dev/${spec.device}/vhost.sock`);
    }
  });

  it("passes the user's CPUs on as wishes, in turn", () => {
    const { specs } = nodeView(local({ cpus: [2, 3] }), dir);
    expect(specs.filter(hasProcess).map(({ cpu }) => cpu)).toEqual([2, 3, 2]);
  });

  it('is the same each time', () => {
    expect(nodeView(local(), dir)).toEqual(nodeView(local(), dir));
  });

  it('is what is ready; what has to be prepared first is named', () => {
    const found = lookAt(metalNodes.igb);
    const addresses = found.decision.devices.map(({ pciAddress }) => pciAddress);
    expect(addresses.length).toBeGreaterThan(1);
    expect(nodeView(found, dir)).toMatchObject({ specs: [], unprepared: addresses, whyNone: null });
    const [first = ''] = addresses;
    const devices = found.decision.devices.filter(({ pciAddress }) => pciAddress === first);
    const half = nodeView(lookAt(preparedTree(metalNodes.igb, devices)), dir);
    expect(half.specs.map(({ device }) => device)).toEqual(devices[0]?.create.length === 0 ? [first] : []);
  });

  it('has the NUMA node of each NIC', () => {
    const { numaNodes } = nodeView(lookAt(metalNodes.connectx6dx), dir);
    expect(numaNodes.get('0000:65:00.2')).toBe(1);
  });

  it("is a device of the kernel's by its character device, which the agent advertises where it has no parent", () => {
    const { specs, advertiser } = nodeView(lookAt(metalNodes.vduse, { backend: 'vhost-vdpa' }), dir);
    expect(specs).toMatchObject([{ backend: 'vhost-vdpa', device: 'vd0', path: '/dev/vhost-vdpa-0', vdpa: 'vd0' }]);
    expect(advertiser).toBe('agent');
  });

  it('is nothing, and the reason, on a machine whose only NIC is its uplink', () => {
    const { specs, advertiser, whyNone } = nodeView(lookAt(laptop, { provider: 'baremetal' }), dir);
    expect(specs).toEqual([]);
    expect(advertiser).toBe('none');
    expect(whyNone).toMatch(/^provider baremetal: no device: .*; 0000:.*uplink/s);
  });
});

describe('who advertises the devices', () => {
  const nodes = Object.entries(allNodes).flatMap(([name, tree]) =>
    (['auto', 'testpmd', 'dpdk-vdpa', 'vhost-vdpa'] as const).map((backend) => [name, backend, tree] as const),
  );

  it.each(nodes)(
    'is on %s with %s who the labels say it is, before it is prepared and after',
    (_name, backend, tree) => {
      const before = lookOrNull(tree, backend);
      if (before === null) return;
      const [label] = deviceSets([before]).nameOf;
      const expected = label === 'agent' || label === 'none' ? label : 'device-plugin';
      expect(nodeView(before, dir).advertiser).toBe(expected);
      const after = lookOrNull(preparedTree(tree, before.decision.devices), backend);
      expect(after === null ? null : nodeView(after, dir).advertiser).toBe(expected);
    },
  );

  function lookOrNull(tree: Tree, backend: string): NodeLook | null {
    try {
      return lookAt(tree, { backend });
    } catch (error) {
      if (error instanceof VdpaError) return null;
      throw error;
    }
  }
});

it('fits what the pod of the backends was given: of four CPUs one is left to a workload, and one to all else', () => {
  const found = local();
  const cls = backendClass(found.report, found.decision, found.config);
  expect(backendLabel(cls)).toBe('2cpu-384mi');
  const specs = nodeView(found, dir).specs.filter(hasProcess);
  expect(specs.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)).toBe(cls?.hugePageMiB);
});
