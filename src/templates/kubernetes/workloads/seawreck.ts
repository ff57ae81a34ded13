// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { metadata } from '../names.ts';
import { workloadDeployment } from './workload-deployment.ts';
import { workloadPod } from './workload-pod.ts';

/** Addresses of the range that RFC 2544 sets aside for benchmarks. */
const serverAddress = '198.18.0.2';
const clientAddress = '198.18.0.3';
const port = 10_000;

/**
 * Seastar's httpd, and its client seawreck as a CronJob that is suspended: it runs when somebody makes a Job of it
 * (`kubectl create job --from=cronjob/seawreck NAME`). A Job would start before its server has, and could not be applied
 * again with another image, because its pods cannot be changed.
 */
export function seawreck(config: Config): KubernetesObject[] {
  const server = workloadDeployment(config, {
    name: 'httpd',
    image: 'seawreck',
    args: ['httpd', '--port', String(port), ...network(serverAddress, config)],
    restartPolicy: 'Always',
  });
  const client: KubernetesObject = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadata('workload', 'seawreck', config.kubernetes.workloadNamespace),
    spec: {
      suspend: true,
      // Never comes: one has to be given.
      schedule: '0 0 31 2 *',
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          template: workloadPod(config, {
            name: 'seawreck',
            image: 'seawreck',
            args: [
              'seawreck',
              '--server',
              `${serverAddress}:${port}`,
              '--conn',
              '100',
              '--duration',
              '10',
              ...network(clientAddress, config),
            ],
            restartPolicy: 'Never',
          }),
        },
      },
    },
  };
  return [server, client];
}

/** Seastar's own network stack on the attachment, one shard. It gets three quarters of the huge pages; DPDK needs some too. */
function network(address: string, { memory }: Config): string[] {
  return [
    ...['--network-stack', 'native', '--dpdk-pmd', '--dhcp', '0'],
    ...['--host-ipv4-addr', address, '--netmask-ipv4-addr', '255.255.255.0'],
    ...['--smp', '1', '--memory', `${Math.floor(memory.workloadMiB * 0.75)}M`, '--overprovisioned'],
  ];
}
