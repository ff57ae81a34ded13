// SPDX-License-Identifier: Apache-2.0
import { isRecord, valueAt } from '../../config/plain-data.ts';
import { recordsAt, textAt } from './fields.ts';
import type { StackNode } from './stack-node.ts';

type Taint = NonNullable<NonNullable<StackNode['spec']>['taints']>[number];

/** Whether a DaemonSet is for a node. */
export interface Selection {
  /** By its selectors. */
  readonly chosen: boolean;
  /** The taint that keeps its pods off, if one does. */
  readonly taint: string | null;
  /** No pod is made there as long as the node is not ready; one that is there already counts as misplaced. */
  readonly held: boolean;
}

/** What the controller of DaemonSets decides, by the same fields. `daemonSet` is one as the API server has it. */
export function selectionOf(daemonSet: unknown, node: StackNode): Selection {
  const pod = valueAt(daemonSet, ['spec', 'template', 'spec']);
  const labels = node.metadata.labels ?? {};
  if (!hasLabels(valueAt(pod, ['nodeSelector']), labels) || !fitsAffinity(pod, node)) {
    return { chosen: false, taint: null, held: false };
  }
  const tolerations = [...recordsAt(pod, 'tolerations'), ...ofEveryDaemonSet];
  const onHost = valueAt(pod, ['hostNetwork']) === true;
  const kept = (node.spec?.taints ?? []).filter(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !(onHost && taint.key === 'node.kubernetes.io/network-unavailable') &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  const lasting = kept.find(({ key }) => !ofNotReady.has(key));
  return { chosen: true, taint: lasting === undefined ? null : taintText(lasting), held: kept.length > 0 };
}

/** Kubernetes itself sets and removes them; that the node is not ready says the same. */
const ofNotReady = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** The controller gives these to all of its pods. */
const ofEveryDaemonSet = [
  { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
].map((toleration) => ({ ...toleration, operator: 'Exists' }));

function tolerates(toleration: Readonly<Record<string, unknown>>, { key, value, effect }: Taint): boolean {
  const wanted = textAt(toleration, 'effect');
  if (wanted !== '' && wanted !== effect) return false;
  const name = textAt(toleration, 'key');
  const exists = textAt(toleration, 'operator') === 'Exists';
  // Without a key it is all of them.
  if (name === '') return exists;
  return name === key && (exists || textAt(toleration, 'value') === (value ?? ''));
}

/** `key=value:effect`, as kubectl writes it. */
function taintText({ key, value, effect }: Taint): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`;
}

function hasLabels(wanted: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (!isRecord(wanted)) return true;
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** One of the terms has to hold, and of a term all of it. */
function fitsAffinity(pod: unknown, node: StackNode): boolean {
  const at = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  if (!isRecord(valueAt(pod, at))) return true;
  const labels = node.metadata.labels ?? {};
  return recordsAt(pod, ...at, 'nodeSelectorTerms').some((term) => {
    const expressions = recordsAt(term, 'matchExpressions');
    const fields = recordsAt(term, 'matchFields');
    if (expressions.length + fields.length === 0) return false;
    const names = { 'metadata.name': node.metadata.name };
    return expressions.every((each) => holds(each, labels)) && fields.every((each) => holds(each, names));
  });
}

function holds(expression: Readonly<Record<string, unknown>>, labels: Readonly<Record<string, string>>): boolean {
  const key = textAt(expression, 'key');
  const given = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const listed = expression['values'];
  const values: readonly unknown[] = Array.isArray(listed) ? listed : [];
  switch (expression['operator']) {
    case 'Exists':
      return given !== undefined;
    case 'DoesNotExist':
      return given === undefined;
    case 'In':
      return given !== undefined && values.includes(given);
    case 'NotIn':
      return given === undefined || !values.includes(given);
    case 'Gt':
      return given !== undefined && Number(given) > Number(values[0]);
    case 'Lt':
      return given !== undefined && Number(given) < Number(values[0]);
    default:
      return false;
  }
}
