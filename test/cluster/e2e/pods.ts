// SPDX-License-Identifier: Apache-2.0
import { configSchema } from '../../../src/config/config-schema.ts';
import { fullResourceName } from '../../../src/templates/kubernetes/names.ts';
import { workloadPod } from '../../../src/templates/kubernetes/workloads/workload-pod.ts';

export const settings = {
  provider: 'local',
  local: { devices: 2 },
  memory: { workloadMiB: 512 },
} as const;

const config = configSchema.parse(settings);
const { images, namespace, workloadNamespace } = config.kubernetes;

export { namespace, workloadNamespace };

/** Pages for two backends, two workloads and a generator, MiB. */
export const hugePageMiB = 2 * config.local.memoryMiB + 2 * config.memory.workloadMiB + 256;

/** A pod that has nothing to do with any of it. */
export const idlePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'idle', namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'idle', image: images.node, imagePullPolicy: 'Never', command: ['sleep', '3600'] }],
  },
};

/** The rendered l3fwd as a pod of its own, with less CPU, so that two of them fit on two CPUs. */
export function l3fwdPod(name: string): object {
  const text = JSON.stringify(workloadPod(config, { name, image: 'l3fwd', restartPolicy: 'Always' }));
  const { metadata, spec } = JSON.parse(text.replaceAll('"cpu":"1"', '"cpu":"200m"'));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace: workloadNamespace }, spec };
}

/** A network as the stack's, with addresses for what is attached. */
export const addressedNetwork = {
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: {
    name: 'addressed',
    namespace: workloadNamespace,
    annotations: { 'k8s.v1.cni.cncf.io/resourceName': fullResourceName },
  },
  spec: {
    config: JSON.stringify({
      ...{ cniVersion: '1.0.0', name: 'addressed', type: 'vdpa', capabilities: { CNIDeviceInfoFile: true } },
      ipam: { type: 'host-local', subnet: '10.56.0.0/24' },
    }),
  },
};

/** A pod with a device on that network, whose program does nothing. */
export function sleepingPod(name: string): object {
  const { metadata, spec } = JSON.parse(
    JSON.stringify(workloadPod(config, { name, image: 'l3fwd', restartPolicy: 'Always' })),
  );
  const resources = { requests: { cpu: '50m' }, limits: { memory: '64Mi', [fullResourceName]: '1' } };
  const containers = [{ ...spec.containers[0], command: ['sleep', '3600'], resources }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ ...metadata, name, namespace: workloadNamespace },
      annotations: { 'k8s.v1.cni.cncf.io/networks': addressedNetwork.metadata.name },
    },
    spec: { ...spec, containers, terminationGracePeriodSeconds: 1 },
  };
}

/**
 * A process that sends to the wires of the devices, and counts what comes back: DPDK's testpmd, at the other end of each
 * memif. It is no part of the stack; its memif connects once in its life.
 */
export function generatorPod(devices: readonly string[]): object {
  const wires = devices.flatMap((device, index) => [
    '--vdev',
    `net_memif${index},role=client,socket=/wires/${device}.sock,socket-abstract=no,rsize=14`,
  ]);
  const eal = ['--in-memory', '--single-file-segments', '-m', '128', '--no-pci', '--no-telemetry', '--iova-mode=va'];
  const mode = [
    '--auto-start',
    '--forward-mode=flowgen',
    '--nb-cores=1',
    '--total-num-mbufs=16384',
    '--stats-period=1',
  ];
  // On whatever CPUs it may use: which those are is known in the pod alone.
  const start =
    'cpus=$(sed -n "s/^Cpus_allowed_list:[[:space:]]*//p" /proc/self/status); exec stdbuf -oL dpdk-testpmd --lcores "0@($cpus),1@($cpus)" "$@"';
  const claim = { memory: '512Mi', 'hugepages-2Mi': '256Mi' };
  const container = {
    name: 'generator',
    image: images.node,
    imagePullPolicy: 'Never',
    command: ['sh', '-c', start, 'generator', ...eal],
    args: ['--file-prefix', 'generator', ...wires, '--', '--disable-link-check', ...mode],
    // The sockets of the wires are root's.
    securityContext: { privileged: true },
    resources: { requests: { cpu: '50m', ...claim }, limits: claim },
    volumeMounts: [{ name: 'wires', mountPath: '/wires' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'generator', namespace },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      containers: [container],
      volumes: [{ name: 'wires', hostPath: { path: '/var/run/vdpa/wires', type: 'Directory' } }],
    },
  };
}
