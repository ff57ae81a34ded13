// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inPhases, isWorkload, phaseOf, phases } from '../../../src/cluster/deploy/phases.ts';
import { renderedKinds } from '../../../src/cluster/objects/object-ref.ts';

const kind = fc.constantFrom(...renderedKinds.map((each) => each.kind), 'Secret', 'SomethingNew');

describe('phases', () => {
  it('have a place for every kind that is rendered', () => {
    const known = phases.flatMap(({ kinds }): readonly string[] => kinds);
    expect(renderedKinds.filter((each) => !known.includes(each.kind))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });

  it('put first what others need', () => {
    const order = [
      'Namespace',
      'CustomResourceDefinition',
      'ServiceAccount',
      'ConfigMap',
      'DaemonSet',
      'NetworkAttachmentDefinition',
      'Deployment',
    ];
    expect(order.map(phaseOf)).toEqual([...order.map(phaseOf)].sort((a, b) => a - b));
    expect(new Set(order.map(phaseOf)).size).toBe(order.length);
  });

  it('bring what this vdpactl does not know last, and take it away first', () => {
    expect(isWorkload({ kind: 'SomethingNew' })).toBe(true);
    expect(isWorkload({ kind: 'DaemonSet' })).toBe(false);
  });

  it('lose nothing, keep the order within each, and none is empty', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ kind, at: fc.nat() })), (items) => {
        const sorted = inPhases(items);
        expect(sorted.flat()).toHaveLength(items.length);
        expect(new Set(sorted.flat())).toEqual(new Set(items));
        for (const phase of sorted) {
          expect(phase.length).toBeGreaterThan(0);
          expect(phase).toEqual(items.filter((item) => phase.includes(item)));
        }
        const order = sorted.map(([first]) => phaseOf(first?.kind ?? ''));
        expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
      }),
    );
  });
});
