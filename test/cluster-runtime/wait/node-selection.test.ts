// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { selectionOf } from '../../../src/cluster/wait/node-selection.ts';
import { deviceCount, stackNodeSchema } from '../../../src/cluster/wait/stack-node.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { agentDaemonSet } from '../../../src/templates/kubernetes/agent.ts';

const node = (labels: object, taints: readonly object[] = []) =>
  stackNodeSchema.parse({ metadata: { name: 'n', labels }, spec: { taints } });
const daemonSet = (spec: object) => ({ spec: { template: { spec } } });
const affinity = (...terms: readonly object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
});
const term = (operator: string, values?: readonly string[], key = 'a') => ({
  matchExpressions: [{ key, operator, values }],
});
const taint = (key: string, effect: string, value?: string) => ({ key, effect, value });

describe('selectionOf', () => {
  it.each<[string, object, object, boolean]>([
    ['no selector', {}, {}, true],
    ['a label', { nodeSelector: { a: '1' } }, { a: '1', b: '2' }, true],
    ['another value', { nodeSelector: { a: '1' } }, { a: '2' }, false],
    ['no label', { nodeSelector: { a: '1' } }, {}, false],
    ['a name of every object', { nodeSelector: { constructor: 'x' } }, {}, false],
    ['Exists', affinity(term('Exists')), { a: '' }, true],
    ['Exists, and does not', affinity(term('Exists')), { b: '' }, false],
    ['DoesNotExist', affinity(term('DoesNotExist')), {}, true],
    ['In', affinity(term('In', ['1', '2'])), { a: '2' }, true],
    ['In, and is not', affinity(term('In', ['1', '2'])), { a: '3' }, false],
    ['NotIn', affinity(term('NotIn', ['1'])), {}, true],
    ['NotIn, and is', affinity(term('NotIn', ['1'])), { a: '1' }, false],
    ['Gt', affinity(term('Gt', ['2'])), { a: '10' }, true],
    ['Lt', affinity(term('Lt', ['2'])), { a: '10' }, false],
    ['one of two terms', affinity(term('Exists', [], 'b'), term('Exists')), { a: '' }, true],
    ['an empty term', affinity({}), { a: '' }, false],
    ['the name', affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }), {}, true],
    ['an operator that is none', affinity(term('Like', ['1'])), { a: '1' }, false],
  ])('chooses by %s', (_, spec, labels, chosen) => {
    expect(selectionOf(daemonSet(spec), node(labels))).toEqual({ chosen, taint: null, held: false });
  });

  it.each<[string, readonly object[], object, string | null]>([
    ['a taint', [taint('gpu', 'NoSchedule', 'yes')], {}, 'gpu=yes:NoSchedule'],
    ['one that is only a wish', [taint('gpu', 'PreferNoSchedule')], {}, null],
    ['one of nodes that are not ready', [taint('node.kubernetes.io/not-ready', 'NoExecute')], {}, null],
    ['one of nodes that are drained', [taint('node.kubernetes.io/unschedulable', 'NoSchedule')], {}, null],
    [
      'a network that is not there',
      [taint('node.kubernetes.io/network-unavailable', 'NoSchedule')],
      {},
      'node.kubernetes.io/network-unavailable:NoSchedule',
    ],
    [
      'the same for a pod of the host',
      [taint('node.kubernetes.io/network-unavailable', 'NoSchedule')],
      { hostNetwork: true },
      null,
    ],
    ['all tolerated', [taint('x', 'NoExecute')], { tolerations: [{ operator: 'Exists' }] }, null],
    ['tolerated by value', [taint('x', 'NoSchedule', '1')], { tolerations: [{ key: 'x', value: '1' }] }, null],
    [
      'another value tolerated',
      [taint('x', 'NoSchedule', '1')],
      { tolerations: [{ key: 'x', value: '2' }] },
      'x=1:NoSchedule',
    ],
    [
      'another effect tolerated',
      [taint('x', 'NoExecute')],
      { tolerations: [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }] },
      'x:NoExecute',
    ],
  ])('knows what keeps pods off: %s', (_, taints, spec, expected) => {
    expect(selectionOf(daemonSet(spec), node({}, taints))).toEqual({
      chosen: true,
      taint: expected,
      held: expected !== null,
    });
  });

  it('does not hold a taint of nodes that are not ready for one that stays', () => {
    const taints = [taint('node.kubernetes.io/not-ready', 'NoSchedule')];
    expect(selectionOf(daemonSet({}), node({}, taints))).toEqual({ chosen: true, taint: null, held: true });
    const tolerations = [{ operator: 'Exists' }];
    expect(selectionOf(daemonSet({ tolerations }), node({}, taints)).held).toBe(false);
  });

  it('agrees with what is rendered', () => {
    const agent = agentDaemonSet(configSchema.parse({}));
    const linux = { 'kubernetes.io/os': 'linux' };
    expect(selectionOf(agent, node({ ...linux, 'vdpactl.io/provider': 'aws' })).chosen).toBe(true);
    expect(selectionOf(agent, node(linux)).chosen).toBe(false);
  });
});

describe('deviceCount', () => {
  it.each<[string | undefined, number]>([
    [undefined, 0],
    ['0', 0],
    ['8', 8],
    ['1k', 1000],
    ['2M', 2_000_000],
    ['', 0],
    ['-1', 0],
    ['1.5', 0],
    ['many', 0],
  ])('%s is %s', (quantity, count) => expect(deviceCount(quantity)).toBe(count));
});
