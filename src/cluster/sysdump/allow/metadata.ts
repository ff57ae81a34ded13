// SPDX-License-Identifier: Apache-2.0
import { configHashAnnotation } from '../../../templates/kubernetes/names.ts';
import { ownerAnnotation } from '../../stack/stack-names.ts';
import { entriesWhere, type Shape } from './pick.ts';

/** Labels of these prefixes say what a thing is and where it runs. Others are the business of whoever set them. */
const labelPrefixes = [
  'app.kubernetes.io/',
  'kubernetes.io/',
  'beta.kubernetes.io/',
  'node.kubernetes.io/',
  'node-role.kubernetes.io/',
  'topology.kubernetes.io/',
  'pod-security.kubernetes.io/',
  'batch.kubernetes.io/',
  'vdpactl.io/',
] as const;
const labelNames: readonly string[] = ['pod-template-hash', 'controller-revision-hash', 'pod-template-generation'];

/** Never among them: what kubectl last applied, which holds the whole object. */
const annotationNames: readonly string[] = [
  ownerAnnotation,
  configHashAnnotation,
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  // The networks of a pod: names, addresses, and which device it was given.
  'k8s.v1.cni.cncf.io/networks',
  'k8s.v1.cni.cncf.io/network-status',
];

export const labels: Shape = entriesWhere(
  (key) => labelNames.includes(key) || labelPrefixes.some((prefix) => key.startsWith(prefix)),
);

export const metadata: Shape = {
  name: true,
  namespace: true,
  uid: true,
  resourceVersion: true,
  generation: true,
  creationTimestamp: true,
  deletionTimestamp: true,
  finalizers: [true],
  ownerReferences: [{ kind: true, name: true }],
  labels,
  annotations: entriesWhere((key) => annotationNames.includes(key)),
};

/** Where pods run, by labels of nodes. */
export const selector: Shape = { matchLabels: labels };

export const conditions: Shape = [
  { type: true, status: true, reason: true, message: true, lastTransitionTime: true, lastHeartbeatTime: true },
];
