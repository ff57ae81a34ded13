// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import { crdStatus, jobStatus, namespaceStatus } from './api-status.ts';
import { conditionOf, numberAt, textAt, words } from './fields.ts';
import { podStatus } from './pod-status.ts';
import { current, failed, inProgress, type ObjectStatus } from './status.ts';
import { daemonSetStatus, deploymentStatus } from './workload-status.ts';

type Rule = (object: Readonly<Record<string, unknown>>) => ObjectStatus;

/** By group and kind. All others are judged by their conditions, where they have any. */
const rules: Readonly<Record<string, Rule>> = {
  'apps/DaemonSet': daemonSetStatus,
  'apps/Deployment': deploymentStatus,
  'batch/Job': jobStatus,
  '/Pod': podStatus,
  '/Namespace': namespaceStatus,
  'apiextensions.k8s.io/CustomResourceDefinition': crdStatus,
};

/**
 * How far an object is from what its spec asks for, by its own status alone. Pure, and never throws: `object` is what an API
 * server answered, or null where it has none.
 */
export function objectStatus(object: unknown): ObjectStatus {
  if (object === null || object === undefined) return { status: 'NotFound', message: 'it is not there' };
  if (!isRecord(object)) return { status: 'Unknown', message: 'it is no object' };
  const deletion = textAt(object, 'metadata', 'deletionTimestamp');
  if (deletion !== '') return { status: 'Terminating', message: `it is being deleted since ${deletion}` };
  const apiVersion = textAt(object, 'apiVersion');
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const key = `${group}/${textAt(object, 'kind')}`;
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  return unobserved(object) ?? unsettled(object) ?? (rule ?? byReadyCondition)(object);
}

/** The controller has not seen the latest spec yet: its status is about an older one. */
function unobserved(object: Readonly<Record<string, unknown>>): ObjectStatus | null {
  const generation = numberAt(object, 'metadata', 'generation');
  const observed = numberAt(object, 'status', 'observedGeneration');
  if (generation === null || observed === null || observed >= generation) return null;
  return inProgress('its controller has not seen the latest change yet');
}

/** The conditions by which any object may say that it is not done. */
function unsettled(object: Readonly<Record<string, unknown>>): ObjectStatus | null {
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(words(stalled) || 'its controller cannot go on');
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return inProgress(words(reconciling) || 'its controller is at work');
  return null;
}

function byReadyCondition(object: Readonly<Record<string, unknown>>): ObjectStatus {
  const ready = conditionOf(object, 'Ready');
  if (ready === null || ready.status === 'True') return current('it is there');
  return inProgress(words(ready) || 'it is not ready');
}
