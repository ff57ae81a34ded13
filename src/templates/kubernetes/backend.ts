// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import type { Decision } from '../../providers/decision.ts';
import { daemonSet, serviceAccount } from './daemon-set.ts';
import { healthPorts, readinessProbe } from './health.ts';
import { type HostMount, hostPaths, hostVolumeMounts, hostVolumes } from './host-paths.ts';
import { hugePages, quantity } from './huge-pages.ts';
import { imageReference } from './images.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { nodeLabelKeys, nothing } from './names.ts';
import { nodeNameEnv } from './prepare.ts';

const name = 'vdpactl-backend';

const mounts: readonly HostMount[] = [
  // VFIO's device files come and go with the devices.
  { name: 'devices', path: hostPaths.devices, type: 'Directory' },
  // Here the agent mounts what it gives to workloads, while the backends run.
  { name: 'run-dir', path: hostPaths.runDir, type: 'DirectoryOrCreate', propagation: 'HostToContainer' },
];

/** What the backends of a node take. A pod must say how many huge pages it uses, or it gets none: so nodes differ. */
export interface BackendClass {
  /** The value of the node's label. */
  readonly name: string;
  /** In the spelling that the API server keeps. */
  readonly cpu: string;
  readonly hugePageMiB: number;
}

/** null: no process stands behind the rings of this node, because the kernel does or because nothing is given away. */
export function backendClass(report: NodeReport, decision: Decision, config: Config): BackendClass | null {
  if (decision.devices.length === 0 || decision.backend === 'vhost-vdpa') return null;
  // A pod that runs gets no more: for devices that come later there has to be room from the start.
  const count = Math.max(decision.devices.length, decision.provider === 'local' ? 0 : config.nics.roomFor);
  const perDevice = decision.provider === 'local' ? config.local.memoryMiB : config.memory.backendMiB;
  const hugePageMiB = hugePages(perDevice, config).mib * count;
  // testpmd polls one CPU for each device. A machine with fewer is overcommitted, which is said elsewhere; asking for more
  // would only keep pods from running: one CPU is left to a workload, and one to all else on the node.
  const polling = decision.backend === 'testpmd' ? count : 1;
  const spare = report.node.cpus.online.length - 2;
  const cpu = spare < 1 ? '500m' : String(Math.min(polling, spare));
  return { name: `${cpu}cpu-${hugePageMiB}mi`, cpu, hugePageMiB };
}

/** The label of a node that has, or has not, backends. */
export function backendLabel(backend: BackendClass | null): string {
  return backend?.name ?? nothing;
}

export function backendAccounts({ kubernetes }: Config): KubernetesObject[] {
  return [serviceAccount('backend', name, kubernetes.namespace)];
}

/**
 * The backends, in DaemonSets of their own: an update of the agent stops no traffic. Nothing here depends on the config
 * beyond what they take, and a node's pods are replaced one node at a time.
 */
export function backendDaemonSets(config: Config, classes: readonly BackendClass[]): KubernetesObject[] {
  const { kubernetes } = config;
  return classes.map((each) => {
    const { claim } = hugePages(each.hugePageMiB, config);
    return daemonSet(kubernetes, {
      component: 'backend',
      name: `${name}-${each.name}`,
      serviceAccount: name,
      nodeSelector: { [nodeLabelKeys.backend]: each.name },
      // NICs that DPDK shares with the kernel, and AF_PACKET, are used through the node's interfaces.
      hostNetwork: true,
      maxUnavailable: 1,
      gracePeriodSeconds: 30,
      containers: [
        {
          name: 'supervisor',
          image: imageReference(kubernetes.images, 'node'),
          imagePullPolicy: 'IfNotPresent',
          command: ['vdpactl-supervisor', hostPaths.runDir, '--node'],
          env: nodeNameEnv,
          ports: [{ name: 'health', containerPort: healthPorts.backend, protocol: 'TCP' }],
          readinessProbe: readinessProbe(healthPorts.backend),
          // VFIO, and a mount namespace for each backend, in which it sees the folder of its own device alone.
          securityContext: { privileged: true },
          resources: {
            requests: { cpu: each.cpu, memory: '128Mi', ...claim },
            // A process takes 40 MiB besides its huge pages, and memif another 64 MiB, so that many devices take much.
            limits: { memory: quantity(512 + each.hugePageMiB), ...claim },
          },
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: hostVolumeMounts(mounts),
        },
      ],
      volumes: hostVolumes(mounts),
    });
  });
}
