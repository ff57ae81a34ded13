// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ClusterStatus, NodeStatus } from '../../../src/cluster/status/status-types.ts';
import { clusterStatusText } from '../../../src/output/cluster/status-text.ts';

const node = (name: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  name,
  provider: 'aws',
  backend: 'testpmd',
  ready: true,
  planned: 2,
  allocatable: 2,
  inUse: 0,
  pods: [],
  devices: null,
  problems: [],
  ...more,
});

const side = { rxBytes: 0, rxMissed: 4, rxErrors: 0, rxNoBuffer: null, txBytes: 0, txErrors: 0 };
const busy = {
  wire: { ...side, rxPackets: 1_340_000, txPackets: 12 },
  workload: { ...side, rxPackets: 0, txPackets: null },
  connected: true,
};
const device = { device: '0000:00:06.0', backend: 'testpmd', state: 'running' as const, attached: true, restarts: 1 };

const component = (name: string, more: Partial<ClusterStatus['components'][number]> = {}) => ({
  kind: 'DaemonSet',
  namespace: 'vdpactl-system',
  name,
  status: 'Current' as const,
  desired: 2,
  ready: 2,
  updated: 2,
  message: 'ready on 2 of 2 nodes',
  ...more,
});

const healthy: ClusterStatus = {
  context: 'lab',
  namespace: 'vdpactl-system',
  state: 'healthy',
  stackVersion: '0.1.0',
  version: '0.1.0',
  lease: null,
  components: [component('vdpactl-agent'), component('vdpactl-device-plugin-aws-1')],
  nodes: [node('node-1', { inUse: 2, pods: ['app/one', 'app/two'] }), node('node-2')],
  drift: [],
  problems: [],
};

const degraded: ClusterStatus = {
  ...healthy,
  state: 'degraded',
  stackVersion: '0.0.9',
  lease: { holder: 'root on host (process 7)', since: null, renewed: null, ended: true },
  components: [
    component('vdpactl-agent', { status: 'InProgress', ready: 1, message: 'ready on 1 of 2 nodes' }),
    component('vdpactl-warm', { kind: 'CronJob', desired: 0, ready: 0, updated: 0 }),
  ],
  nodes: [
    node('node-1', { inUse: null }),
    node('ip-10-0-12-34.eu-central-1.compute.internal', {
      ready: false,
      allocatable: null,
      inUse: null,
      backend: 'vhost-vdpa',
      problems: ['the cluster has no such node'],
    }),
  ],
  problems: ['DaemonSet vdpactl-system/vdpactl-agent: ready on 1 of 2 nodes', 'node x: evil \u001b[31m name'],
};

describe('clusterStatusText', () => {
  it('shows a stack that is as it should be', () => {
    expect(clusterStatusText(healthy)).toMatchInlineSnapshot(`
      "healthy: the stack in vdpactl-system, context lab, vdpactl 0.1.0

      component                    kind       status   ready  updated
      vdpactl-agent                DaemonSet  Current  2/2    2
      vdpactl-device-plugin-aws-1  DaemonSet  Current  2/2    2

      node    provider  backend  ready  planned  offered  in use  used by
      node-1  aws       testpmd  yes    2        2        2       2 pods: app/one, …
      node-2  aws       testpmd  yes    2        2        0

      testpmd: one packet copy each way
      2 nodes, 2 ready; 4 devices planned, 4 offered, 2 in use
      "
    `);
  });

  it('counts one device as one', () => {
    const text = clusterStatusText({ ...healthy, nodes: [node('node-1', { planned: 1, allocatable: 1, inUse: 1 })] });
    expect(text).toContain('1 node, 1 ready; 1 device planned, 1 offered, 1 in use');
  });

  it('shows what is wrong first, and what to do last', () => {
    expect(clusterStatusText(degraded)).toMatchInlineSnapshot(`
      "degraded: the stack in vdpactl-system, context lab, deployed by vdpactl 0.0.9 (this is 0.1.0)
      root on host (process 7) has ended without letting go

      problem: DaemonSet vdpactl-system/vdpactl-agent: ready on 1 of 2 nodes
      problem: node x: evil ?[31m name

      component      kind       status      ready  updated
      vdpactl-agent  DaemonSet  InProgress  1/2    2        ready on 1 of 2 nodes
      vdpactl-warm   CronJob    Current     -      -

      node                        provider  backend     ready  planned  offered  in use  used by
      node-1                      aws       testpmd     yes    2        2        ?
      ip-10-0-12-34.eu-central-…  aws       vhost-vdpa  no     2        -        ?

      testpmd: one packet copy each way
      vhost-vdpa: no packet copy
      2 nodes, 1 ready; 4 devices planned, 2 offered, use not known

      next: vdpactl diff shows what has changed; vdpactl deploy puts it right
      "
    `);
  });

  it('shows what the agents say of the devices', () => {
    const devices = [
      { ...device, counters: busy },
      { ...device, device: 'vdpa-0000-00-07-0', backend: 'vhost-vdpa', restarts: 0, counters: null },
    ];
    const text = clusterStatusText({ ...healthy, nodes: [node('node-1', { devices })] });
    expect(text.split('\n\n')[3]).toMatchInlineSnapshot(`
      "node    device             state    link  wire in/out  pod in/out  lost
      node-1  0000:00:06.0       running  up    1.34 M/12    0/-         8
      node-1  vdpa-0000-00-07-0  running  -     -            -           -"
    `);
  });

  it('says that there is none', () => {
    const absent = { ...healthy, state: 'absent' as const, stackVersion: null, components: [], nodes: [] };
    expect(clusterStatusText(absent)).toBe('absent: there is no stack in vdpactl-system, context lab\n');
  });

  it('keeps within 100 columns, and shows of many nodes those with a problem', () => {
    const long = 'a-very-long-name-of-a-node-or-of-a-pod-'.repeat(3);
    const nodes = Array.from({ length: 2000 }, (_, at) =>
      node(`node-${String(at).padStart(4, '0')}-${long}`, {
        ...(at % 1000 === 999 ? { problems: ['it is not ready'], ready: false } : {}),
        devices: [{ ...device, device: long, counters: busy }],
        ...(at % 400 === 7 ? { inUse: 2, pods: [`app/${long}-1`, `app/${long}-2`] } : {}),
      }),
    );
    const text = clusterStatusText({ ...healthy, components: [component(long, { message: long })], nodes });
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.filter((line) => line.startsWith('node-'))).toHaveLength(50 + 50);
    expect(text).toContain('and 1950 more devices: -o json has them all');
    for (const name of ['node-0999', 'node-1999', 'node-1607']) expect(text).toContain(name);
    expect(text).toContain('and 1950 more nodes, all of them without a problem: -o json has them all');
    expect(text).toContain('2000 nodes, 1998 ready; 4000 devices planned, 4000 offered, 10 in use');
  });
});
