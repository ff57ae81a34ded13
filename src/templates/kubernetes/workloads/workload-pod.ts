// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import { pullSecretsOf } from '../daemon-set.ts';
import { podVdpaDir } from '../host-paths.ts';
import { hugePages } from '../huge-pages.ts';
import { type ImageName, imageReference } from '../images.ts';
import type { Json } from '../kubernetes-object.ts';
import { fullResourceName, podLabels } from '../names.ts';

/** A user without a name and without files, in the container as well as on the node. */
const nobody = 65532;

export interface WorkloadSketch {
  readonly name: string;
  readonly image: ImageName;
  /** Left out: what the image runs by itself. */
  readonly args?: readonly string[];
  readonly restartPolicy: 'Always' | 'Never';
}

/**
 * The pod of a workload: the same whatever provider and backend its node has. It asks for one device and one network,
 * finds its attachment in the volume, and has nothing else: no privilege, no token, nothing of the host.
 */
export function workloadPod(config: Config, { name, image, args, restartPolicy }: WorkloadSketch): Json {
  const { kubernetes, memory } = config;
  const claims = {
    cpu: '1',
    memory: '256Mi',
    ...hugePages(memory.workloadMiB, config).claim,
    [fullResourceName]: '1',
  };
  return {
    metadata: {
      labels: podLabels('workload', name),
      annotations: { 'k8s.v1.cni.cncf.io/networks': kubernetes.network },
    },
    spec: {
      restartPolicy,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 10,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      securityContext: {
        runAsNonRoot: true,
        runAsUser: nobody,
        runAsGroup: nobody,
        fsGroup: nobody,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...pullSecretsOf(kubernetes),
      containers: [
        {
          name,
          image: imageReference(kubernetes.images, image),
          imagePullPolicy: 'IfNotPresent',
          ...(args === undefined ? {} : { args: [...args] }),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          // As much as it may have it also asks for: with whole CPUs that makes them its own, where kubelet gives such.
          resources: { requests: claims, limits: claims },
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            { name: 'vdpa', mountPath: podVdpaDir },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ],
      // The agent looks for the first by its name.
      volumes: [
        { name: 'vdpa', emptyDir: {} },
        { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ],
    },
  };
}
