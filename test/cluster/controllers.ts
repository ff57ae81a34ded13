// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ApiServer } from './api-server.ts';
import { type Daemon, freePorts, startDaemon } from './helpers/daemon.ts';

export interface ControllerOptions {
  /**
   * Nodes are simulated: as many as fit take no longer than they have to, and none has to say all the time that it is
   * still there.
   */
  readonly simulatedNodes?: boolean;
  /** Names of controllers to leave out. */
  readonly without?: readonly string[];
}

/** Starts the controllers and the scheduler of an API server: service accounts, deployments, daemon sets, pods to nodes. */
export async function startControllers(
  bin: string,
  server: ApiServer,
  { simulatedNodes = false, without = [] }: ControllerOptions = {},
): Promise<{ stop(): Promise<void> }> {
  const [managerPort = 0, schedulerPort = 0] = await freePorts(2);
  const common = [`--kubeconfig=${server.kubeconfig}`, '--bind-address=127.0.0.1', '--leader-elect=false'];
  if (simulatedNodes) common.push('--kube-api-qps=2000', '--kube-api-burst=4000');
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
        `--controllers=${['*', ...without.map((name) => `-${name}`)].join(',')}`,
        ...(simulatedNodes ? ['--node-monitor-grace-period=24h', '--concurrent-daemonset-syncs=8'] : []),
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
