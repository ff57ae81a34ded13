// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { pullSecretsOf } from '../../templates/kubernetes/daemon-set.ts';
import { imageReference } from '../../templates/kubernetes/images.ts';
import { formatRun, type RunIdentity } from './run-identity.ts';

/** The label that all probe pods have, and its value: the id of the run. */
export const runLabel = 'vdpactl.io/detect-run';
/** Says whose a probe pod is, and until when at most. */
export const holderAnnotation = 'vdpactl.io/detect-holder';

/** Where the pod sees the host. */
const hostRoot = '/host';

interface HostMount {
  readonly name: string;
  readonly path: string;
  /** Every Linux node has it. The others are left out where kubelet says that a node does not: nothing is made there. */
  readonly everywhere: boolean;
}

/** Exactly what the probe reads. */
const hostMounts: readonly HostMount[] = [
  { name: 'sys', path: '/sys', everywhere: true },
  { name: 'proc', path: '/proc', everywhere: true },
  { name: 'modules', path: '/lib/modules', everywhere: false },
  { name: 'cni-conf', path: '/etc/cni/net.d', everywhere: false },
  { name: 'cni-bin', path: '/opt/cni/bin', everywhere: false },
];

export const optionalMounts: readonly string[] = hostMounts
  .filter((mount) => !mount.everywhere)
  .map(({ name }) => name);

export interface ProbePodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly run: RunIdentity;
  readonly kubernetes: Config['kubernetes'];
  readonly deadlineSeconds: number;
  /** Names of optional mounts that this node does not have. */
  readonly without: readonly string[];
}

/**
 * The pod that probes one node and prints the report to its log. It is put on its node without the scheduler, gets no
 * credential, and can only read: as root, because CNI configurations are root's, but without any capability.
 */
export function probePod(options: ProbePodOptions): object {
  const { name, namespace, node, run, kubernetes, deadlineSeconds, without } = options;
  const mounts = hostMounts.filter((mount) => !without.includes(mount.name));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        'app.kubernetes.io/name': 'vdpactl-detect',
        'app.kubernetes.io/component': 'detect',
        'app.kubernetes.io/part-of': 'vdpactl',
        'app.kubernetes.io/managed-by': 'vdpactl',
        [runLabel]: run.id,
      },
      annotations: { [holderAnnotation]: formatRun(run) },
    },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Addresses and routes are those of the host, which make an uplink one.
      hostNetwork: true,
      dnsPolicy: 'Default',
      tolerations: [{ operator: 'Exists' }],
      ...pullSecretsOf(kubernetes),
      securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: imageReference(kubernetes.images, 'node'),
          imagePullPolicy: 'IfNotPresent',
          command: ['vdpactl', 'detect', '--root', hostRoot, '--output', 'json', '--progress', 'none'],
          // No config file is found there that would say something else than ours.
          workingDir: '/',
          terminationMessagePolicy: 'FallbackToLogsOnError',
          resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: mounts.map((mount) => ({
            name: mount.name,
            mountPath: `${hostRoot}${mount.path}`,
            readOnly: true,
            // What is mounted below /sys and /proc too, where the node can do that.
            recursiveReadOnly: 'IfPossible',
          })),
        },
      ],
      // With this type kubelet refuses a path that is not there, instead of making it.
      volumes: mounts.map((mount) => ({ name: mount.name, hostPath: { path: mount.path, type: 'Directory' } })),
    },
  };
}
