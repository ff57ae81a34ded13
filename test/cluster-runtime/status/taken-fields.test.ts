// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takenFields } from '../../../src/cluster/status/taken-fields.ts';

const applied = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'x', namespace: 'n', labels: { 'app.kubernetes.io/name': 'x', plain: 'y' }, annotations: {} },
  spec: {
    paused: false,
    tolerations: [{ operator: 'Exists' }],
    template: {
      spec: {
        containers: [
          { name: 'agent', image: 'a:1', ports: [{ containerPort: 1, protocol: 'TCP' }], args: ['a', 'b'] },
          { name: 'side' },
        ],
        hostPorts: [7, 8],
      },
    },
  },
};

/** What an API server keeps of an apply of it. */
const own = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:app.kubernetes.io/name': {}, 'f:plain': {} } },
  'f:spec': {
    'f:paused': {},
    'f:tolerations': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"side"}': { '.': {}, 'f:name': {} },
          'k:{"name":"agent"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:args': {},
            'f:ports': {
              'k:{"containerPort":1,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
            },
          },
        },
        'f:hostPorts': { 'v:7': {}, 'v:8': {} },
      },
    },
  },
};

const ours = (fieldsV1: object) => ({ manager: 'vdpactl', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1 });
const theirs = (fieldsV1: object, manager = 'kubectl-edit') => ({ manager, operation: 'Update', fieldsV1 });

/** Without what stands at a path. */
function without(fields: object, ...path: readonly string[]): object {
  const copy = structuredClone(fields);
  let at: Record<string, unknown> = copy as Record<string, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string, unknown>;
  delete at[path.at(-1) ?? ''];
  return copy;
}

const container = ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"agent"}'] as const;

describe('takenFields', () => {
  it('finds nothing where all is still ours, whoever has set the rest', () => {
    expect(takenFields(applied, [theirs({ 'f:status': {} }), ours(own)])).toEqual([]);
  });

  it.each<[string, object, readonly object[], readonly object[]]>([
    [
      'a field that somebody has set',
      without(own, ...container, 'f:image'),
      [
        theirs({
          'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"agent"}': { 'f:image': {} } } } } },
        }),
      ],
      [{ path: '.spec.template.spec.containers[name=agent].image', manager: 'kubectl-edit' }],
    ],
    [
      'a label that was removed',
      without(own, 'f:metadata', 'f:labels', 'f:app.kubernetes.io/name'),
      [],
      [{ path: '.metadata.labels["app.kubernetes.io/name"]', manager: null }],
    ],
    [
      'all labels, one by one',
      { ...own, 'f:metadata': { 'f:labels': { '.': {} } } },
      [theirs({ 'f:metadata': { 'f:labels': { 'f:plain': {} } } }, 'helm')],
      [
        { path: '.metadata.labels["app.kubernetes.io/name"]', manager: null },
        { path: '.metadata.labels.plain', manager: 'helm' },
      ],
    ],
    [
      'a whole list',
      without(own, 'f:spec', 'f:tolerations'),
      [theirs({ 'f:spec': { 'f:tolerations': {} } })],
      [{ path: '.spec.tolerations', manager: 'kubectl-edit' }],
    ],
    [
      'an item',
      without(own, ...container),
      [],
      [{ path: '.spec.template.spec.containers[name=agent]', manager: null }],
    ],
    [
      'a value of a set',
      without(own, 'f:spec', 'f:template', 'f:spec', 'f:hostPorts', 'v:8'),
      [theirs({ 'f:spec': { 'f:template': { 'f:spec': { 'f:hostPorts': { 'v:8': {} } } } } })],
      [{ path: '.spec.template.spec.hostPorts[8]', manager: 'kubectl-edit' }],
    ],
    [
      'everything',
      {},
      [],
      [
        { path: '.metadata.labels', manager: null },
        { path: '.spec', manager: null },
      ],
    ],
  ])('finds %s', (_, fields, others, expected) => {
    const all = [...others, ours({ 'f:metadata': {}, ...fields })];
    const kept = Object.keys(fields).length === 0 ? [...others, ours({ 'f:metadata': { '.': {} } })] : all;
    expect(takenFields(applied, kept)).toEqual(expected);
  });

  it('does not judge without a record, or by the record of another manager', () => {
    expect(takenFields(applied, undefined)).toEqual([]);
    expect(takenFields(applied, [theirs({})])).toEqual([]);
    expect(takenFields(applied, [{ ...ours({}), subresource: 'status' }])).toEqual([]);
  });

  it('never throws, and finds nothing of what is empty', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 5 }), (object, fields) => {
        for (const { path } of takenFields(object, [{ manager: 'vdpactl', operation: 'Apply', fieldsV1: fields }])) {
          expect(path).not.toBe('');
        }
        takenFields(applied, fields);
      }),
    );
  });
});
