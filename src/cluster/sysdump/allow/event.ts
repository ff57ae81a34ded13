// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { pick, type Shape } from './pick.ts';
import { asMap } from './pod.ts';

const shape: Shape = {
  type: true,
  reason: true,
  message: true,
  count: true,
  firstTimestamp: true,
  lastTimestamp: true,
  eventTime: true,
  series: { count: true, lastObservedTime: true },
  involvedObject: { kind: true, namespace: true, name: true, fieldPath: true },
  source: { component: true, host: true },
  reportingComponent: true,
  metadata: { namespace: true, creationTimestamp: true },
};

/** An event as a sysdump has it. Pure. */
export function allowedEvent(event: unknown): Json {
  return asMap(pick(event, shape));
}
