// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ApiServer } from './api-server.ts';
import { type Daemon, freePorts, startDaemon } from './helpers/daemon.ts';

/** Starts the controllers and the scheduler of an API server: service accounts, deployments, daemon sets, pods to nodes. */
export async function startControllers(bin: string, server: ApiServer): Promise<{ stop(): Promise<void> }> {
  const [managerPort = 0, schedulerPort = 0] = await freePorts(2);
  const common = [`--kubeconfig=${server.kubeconfig}`, '--bind-address=127.0.0.1', '--leader-elect=false'];
  const daemons: Daemon[] = [
    startDaemon(
      'kube-controller-manager',
      [
        join(bin, 'kube-controller-manager'),
        ...common,
        `--secure-port=${managerPort}`,
        `--service-account-private-key-file=${server.serviceAccountKey}`,
        // Every pod gets it, to know the API server by.
        `--root-ca-file=${server.certificate}`,
      ],
      server.folder,
    ),
    startDaemon(
      'kube-scheduler',
      [join(bin, 'kube-scheduler'), ...common, `--secure-port=${schedulerPort}`],
      server.folder,
    ),
  ];
  return {
    async stop() {
      await Promise.all(daemons.map((daemon) => daemon.stop()));
    },
  };
}
