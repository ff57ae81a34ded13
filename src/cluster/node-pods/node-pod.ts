// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { pullSecretsOf } from '../../templates/kubernetes/daemon-set.ts';
import { imageReference } from '../../templates/kubernetes/images.ts';
import { batchLabel, holderAnnotation, type JobMount, type JobNode, type NodeJob, runLabel } from './node-job.ts';
import { formatRun, type RunIdentity } from './run-identity.ts';

export interface NodePodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly run: RunIdentity;
  readonly batch: string;
  readonly kubernetes: Config['kubernetes'];
  readonly deadlineSeconds: number;
  /** Names of mounts that this node does not have. */
  readonly without: readonly string[];
}

/**
 * The pod of a job on one node. It is put there without the scheduler, tolerates all that keeps others away, gets no
 * credential, and runs as root with what the job says.
 */
export function nodePod<Node extends JobNode>(job: NodeJob<Node, unknown>, options: NodePodOptions): object {
  const { name, namespace, node, run, batch, kubernetes, deadlineSeconds, without } = options;
  const mounts = job.mounts.filter((mount) => !without.includes(mount.name));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        'app.kubernetes.io/name': `vdpactl-${job.name}`,
        'app.kubernetes.io/component': job.name,
        'app.kubernetes.io/part-of': 'vdpactl',
        'app.kubernetes.io/managed-by': 'vdpactl',
        [runLabel(job)]: run.id,
        [batchLabel(job)]: batch,
      },
      annotations: { [holderAnnotation(job)]: formatRun(run) },
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
      ...(job.hostPid === true ? { hostPID: true } : {}),
      dnsPolicy: 'Default',
      tolerations: [{ operator: 'Exists' }],
      ...pullSecretsOf(kubernetes),
      ...(job.podSecurityContext === undefined ? {} : { securityContext: job.podSecurityContext }),
      containers: [
        {
          name: job.name,
          image: imageReference(kubernetes.images, 'node'),
          imagePullPolicy: 'IfNotPresent',
          command: job.command,
          // No config file is found there that would say something else than ours.
          workingDir: '/',
          terminationMessagePolicy: 'FallbackToLogsOnError',
          resources: job.resources,
          securityContext: job.securityContext,
          volumeMounts: mounts.map(volumeMount),
        },
      ],
      // With this type kubelet refuses a path that is not there, instead of making it.
      volumes: mounts.map((mount) => ({ name: mount.name, hostPath: { path: mount.path, type: 'Directory' } })),
    },
  };
}

function volumeMount({ name, path, at, readOnly, bidirectional }: JobMount): object {
  return {
    name,
    mountPath: at ?? path,
    // What is mounted below /sys and /proc too, where the node can do that.
    ...(readOnly ? { readOnly: true, recursiveReadOnly: 'IfPossible' } : {}),
    ...(bidirectional === true ? { mountPropagation: 'Bidirectional' } : {}),
  };
}
