// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { agentPages, shownPages } from '../../../dataplane/agent/health.ts';
import { type NodePage, nodePageSchema } from '../../../dataplane/contract/node-page.ts';

const page: NodePage = {
  schemaVersion: 'vdpactl/v1',
  kind: 'NodeState',
  version: '1.2.3',
  provider: 'local',
  backend: 'testpmd',
  advertisedBy: 'agent',
  devices: [{ device: 'local0', backend: 'testpmd', state: 'running', attached: true, restarts: 2, counters: null }],
  problems: [],
};

const pages = (obstacles: string[], notes: string[] = []) =>
  agentPages({
    obstacles: () => obstacles,
    notes: () => notes,
    node: () => page,
    metrics: () => [{ name: 'up', help: 'Up.', type: 'gauge', samples: [{ labels: {}, value: 1 }] }],
  });

it('is ready where nothing stands in the way, and says why there is no device', () => {
  expect(pages([])['/readyz']?.()).toEqual({ status: 200, text: 'ok\n' });
  const text = 'ok\nnote: no NIC is left to give away\n';
  expect(pages([], ['no NIC is left to give away'])['/readyz']?.()).toEqual({ status: 200, text });
});

it('says what stands in the way', () => {
  const text = 'not ready\ndevice plugin: kubelet does not listen\n';
  expect(pages(['device plugin: kubelet does not listen'])['/readyz']?.()).toEqual({ status: 503, text });
});

it('shows its metrics, and lives, in either case', () => {
  const found = pages(['x']);
  expect(found['/metrics']?.().text).toBe('# HELP up Up.\n# TYPE up gauge\nup 1\n');
  expect(found['/healthz']?.().status).toBe(200);
});

it('shows others what the node offers and its metrics, and no more', () => {
  const shown = shownPages({ metrics: () => [], node: () => page });
  expect(Object.keys(shown)).toEqual(['/metrics', '/node']);
  expect(nodePageSchema.parse(JSON.parse(shown['/node']?.().text ?? ''))).toEqual(page);
});
