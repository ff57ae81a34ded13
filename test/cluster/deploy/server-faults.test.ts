// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import type { ProxiedRequest } from '../helpers/chaos-proxy.ts';
import { deployArguments } from '../helpers/stack-lab.ts';
import { cannotRunStacks, failedWith, stackSuite, succeeded } from '../helpers/stack-suite.ts';

const isWatch = ({ query }: ProxiedRequest): boolean => query.get('watch') === 'true';
const isApply = ({ method, query }: ProxiedRequest): boolean => method === 'PATCH' && !query.has('dryRun');
const status = (code: number, reason: string, message: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code });

describe.skipIf(cannotRunStacks())('an API server in trouble', () => {
  const suite = stackSuite({ reports: [awsNode('node-1'), awsNode('node-2')], config: {}, afterMs: 300 });

  test('restarted in mid-apply is waited for', async () => {
    const { lab } = suite;
    let restarted: Promise<void> | null = null;
    lab.proxy.treat = (request) => {
      if (restarted !== null || !isApply(request) || !request.path.includes('/daemonsets/')) return null;
      restarted = lab.cluster.server.restart(() => sleep(1_000));
      return null;
    };
    succeeded(await lab.deploy());
    await restarted;
    expect(restarted).not.toBeNull();
    succeeded(await lab.run(['diff', '--from', 'reports.json']));
  });

  test.each([
    [
      '429 with Retry-After',
      { status: 429, headers: { 'retry-after': '1' }, body: status(429, 'TooManyRequests', 'slow down') },
    ],
    ['429 without', { status: 429, body: status(429, 'TooManyRequests', 'slow down') }],
    ['500', { status: 500, body: status(500, 'InternalError', 'etcdserver: leader changed') }],
    [
      '503 of a load balancer',
      { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>no backend</html>' },
    ],
  ])('that answers %s to every eleventh request is asked again', async (_, answer) => {
    const { lab } = suite;
    lab.proxy.treat = ({ index }) => (index % 11 === 0 ? { answer } : null);
    succeeded(await lab.deploy());
    lab.proxy.reset();
    lab.proxy.treat = ({ index }) => (index % 11 === 0 ? { answer } : null);
    succeeded(await lab.destroy());
  });

  test.each(['before', 'answer', 10] as const)('whose connections are cut (%s) is asked again', async (cut) => {
    const { lab } = suite;
    lab.proxy.treat = (request) => (request.index % 6 === 0 ? { cut } : null);
    succeeded(await lab.deploy());
    lab.proxy.reset();
    lab.proxy.treat = (request) => (request.index % 6 === 0 ? { cut } : null);
    succeeded(await lab.destroy());
  });

  test('whose watches are cut in the middle of a line, or say nothing, is watched anew', async () => {
    const { lab } = suite;
    let watches = 0;
    lab.proxy.treat = (request) => {
      if (!isWatch(request)) return null;
      watches += 1;
      return watches % 2 === 0 ? { cut: 700 } : { cut: 'answer' };
    };
    succeeded(await lab.deploy());
    expect(watches).toBeGreaterThan(4);
  });

  test('whose watches are slow only makes it slower', async () => {
    const { lab } = suite;
    lab.proxy.treat = (request) => (isWatch(request) ? { slowMs: 300 } : null);
    succeeded(await lab.deploy());
  });

  test('that does not take the token any more ends it, and a new token goes on from there', async () => {
    const { lab } = suite;
    lab.proxy.treat = ({ index }) =>
      index > 60 ? { answer: { status: 401, body: status(401, 'Unauthorized', 'Unauthorized') } } : null;
    failedWith(await lab.deploy(), 3, 'VDPA-CLUSTER-004');
    lab.proxy.reset();
    succeeded(await lab.deploy());
  });

  test('that never knew the token is not changed', async () => {
    const { lab, before } = suite;
    const kubeconfig = lab.proxy.kubeconfigOf('stranger', 'expired');
    failedWith(await lab.run(deployArguments, { kubeconfig }), 3, 'VDPA-CLUSTER-004');
    expect(await lab.differences(before)).toEqual([]);
  });

  test.each([
    ['two hours ahead', 7_200_000],
    ['two hours behind', -7_200_000],
  ])('whose clock differs from that of vdpactl, which is %s, is no trouble', async (_, shiftMs) => {
    const { lab } = suite;
    const shift = `data:text/javascript,${encodeURIComponent(`const D=Date;globalThis.Date=class extends D{constructor(...a){a.length===0?super(D.now()+(${shiftMs})):super(...a)}static now(){return D.now()+(${shiftMs})}}`)}`;
    succeeded(await lab.run(deployArguments, { node: ['--import', shift] }));
    succeeded(await lab.deploy());
    succeeded(await lab.run(['diff', '--from', 'reports.json'], { node: ['--import', shift] }));
  });
});
