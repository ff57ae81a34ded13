// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { conditions, labels, metadata } from './metadata.ts';
import { pick, quantities, type Shape } from './pick.ts';

/**
 * Of a container no command, argument or value of the environment: what vdpactl renders of them goes by its version, and what
 * somebody else put there may be anything.
 */
const container: Shape = {
  name: true,
  image: true,
  imagePullPolicy: true,
  restartPolicy: true,
  env: [{ name: true, valueFrom: { fieldRef: { fieldPath: true } } }],
  ports: [{ name: true, containerPort: true, hostPort: true, protocol: true }],
  resources: { requests: quantities, limits: quantities },
  securityContext: {
    privileged: true,
    allowPrivilegeEscalation: true,
    readOnlyRootFilesystem: true,
    runAsUser: true,
    runAsGroup: true,
    runAsNonRoot: true,
    capabilities: { add: [true], drop: [true] },
  },
  volumeMounts: [{ name: true, mountPath: true, readOnly: true, mountPropagation: true }],
  terminationMessagePolicy: true,
};

export const podSpec: Shape = {
  nodeName: true,
  serviceAccountName: true,
  automountServiceAccountToken: true,
  priorityClassName: true,
  restartPolicy: true,
  hostNetwork: true,
  hostPID: true,
  dnsPolicy: true,
  schedulerName: true,
  terminationGracePeriodSeconds: true,
  activeDeadlineSeconds: true,
  nodeSelector: labels,
  imagePullSecrets: [{ name: true }],
  tolerations: [{ key: true, operator: true, effect: true }],
  initContainers: [container],
  containers: [container],
  ephemeralContainers: [container],
  // Which, and nothing of what is in them.
  volumes: [
    {
      name: true,
      hostPath: { path: true, type: true },
      emptyDir: { medium: true, sizeLimit: true },
      configMap: { name: true, items: [{ key: true, path: true }] },
      secret: { secretName: true },
      projected: {},
    },
  ],
};

const ended: Shape = {
  exitCode: true,
  signal: true,
  reason: true,
  message: true,
  startedAt: true,
  finishedAt: true,
};
const state: Shape = { waiting: { reason: true, message: true }, running: { startedAt: true }, terminated: ended };
const containerStatus: Shape = {
  name: true,
  ready: true,
  started: true,
  restartCount: true,
  image: true,
  imageID: true,
  state,
  lastState: state,
};

const shape: Shape = {
  metadata,
  spec: podSpec,
  status: {
    phase: true,
    reason: true,
    message: true,
    qosClass: true,
    hostIP: true,
    podIP: true,
    startTime: true,
    nominatedNodeName: true,
    conditions,
    initContainerStatuses: [containerStatus],
    containerStatuses: [containerStatus],
    ephemeralContainerStatuses: [containerStatus],
  },
};

/** A pod as a sysdump has it. Pure. */
export function allowedPod(pod: unknown): Json {
  return { kind: 'Pod', ...asMap(pick(pod, shape)) };
}

export function asMap(picked: Json | undefined): Record<string, Json> {
  return typeof picked === 'object' && picked !== null && !Array.isArray(picked)
    ? (picked as Record<string, Json>)
    : {};
}
