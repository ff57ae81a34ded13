// SPDX-License-Identifier: Apache-2.0
import { connect, type KubeClient } from '../../src/cluster/client/kube-client.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts';
import { startControllers } from './controllers.ts';
import { Kubectl } from './kubectl.ts';
import { simulateNamespaces } from './namespace-simulator.ts';
import { NodeSimulator, type SimulatedNode } from './node-simulator.ts';

/** A cluster whose control plane is real, and whose nodes are simulated. */
export interface SimulatedCluster {
  readonly server: ApiServer;
  readonly simulator: NodeSimulator;
  /** As administrator. */
  readonly client: KubeClient;
  readonly kubectl: Kubectl;
  stop(): Promise<void>;
}

export interface SimulatedClusterOptions extends ApiServerOptions {
  readonly nodes: readonly SimulatedNode[];
  /**
   * Namespaces go at once. Kubernetes' own controller waits five seconds before it begins, which is long where it is done
   * hundreds of times.
   */
  readonly fastNamespaces?: boolean;
}

/** Starts a cluster and registers its nodes. Throws, with nothing left, when it does not get there. */
export async function startSimulatedCluster(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
  const { bin, nodes, fastNamespaces = false } = options;
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.reverse()) await part.stop();
    started.length = 0;
  };
  try {
    const server = await startApiServer(options);
    started.push(server);
    const client = connect({ kubeconfig: server.kubeconfig }, {}, '/', null);
    started.push({ stop: async () => client.close() });
    const without = fastNamespaces ? ['namespace-controller'] : [];
    started.push(await startControllers(bin, server, { simulatedNodes: true, without }));
    if (fastNamespaces) started.push(simulateNamespaces(client));
    const simulator = await NodeSimulator.start(client, nodes);
    started.push(simulator);
    return { server, simulator, client, kubectl: new Kubectl(bin, server.kubeconfig), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
