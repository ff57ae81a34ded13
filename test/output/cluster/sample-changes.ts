// SPDX-License-Identifier: Apache-2.0
import type { FieldChange } from '../../../src/cluster/plan/field-diff.ts';
import type { NodeChange, PlannedChange } from '../../../src/cluster/plan/planned-change.ts';

export const place = { context: 'metal', server: 'https://metal.example.org:6443/', namespace: 'vdpactl-system' };

export const field = (path: string, from: unknown, to: unknown): FieldChange => ({ path, from, to });

interface Sample extends Partial<Omit<PlannedChange, 'ref' | 'action'>> {
  readonly namespace?: string | null;
}

export function change(action: PlannedChange['action'], kind: string, name: string, more: Sample = {}): PlannedChange {
  const { namespace = 'vdpactl-system', ...rest } = more;
  return {
    ref: { apiVersion: 'v1', kind, resource: `${kind.toLowerCase()}s`, namespace, name },
    action,
    ...{ fields: [], adopted: false, force: false, unverified: null, basedOn: action === 'create' ? null : 'hash' },
    ...rest,
  };
}

export function node(name: string, action: NodeChange['action']): NodeChange {
  const path = '.metadata.labels["vdpactl.io/provider"]';
  const fields: Record<NodeChange['action'], FieldChange[]> = {
    label: [field(path, undefined, 'aws')],
    release: [field(path, 'aws', undefined)],
    unchanged: [],
  };
  return { node: name, action, fields: fields[action] };
}
