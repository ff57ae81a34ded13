// SPDX-License-Identifier: Apache-2.0
import { type ApiServer, startApiServer } from './api-server.ts';
import { startControllers } from './controllers.ts';
import { type LabNetwork, takeNetwork } from './helpers/lab-network.ts';
import { labTools } from './helpers/lab-tools.ts';
import { nodeUsers } from './helpers/node-settings.ts';
import { Kubectl } from './kubectl.ts';
import { type LabNode, nodeName, startNode, whyNoNode } from './node.ts';

/** A real cluster of one node: API server, controllers, scheduler, kubelet, containerd. */
export interface LabCluster {
  readonly server: ApiServer;
  readonly node: LabNode;
  readonly network: LabNetwork;
  /** Folder of the Kubernetes programs. */
  readonly bin: string;
  /** As administrator. */
  readonly kubectl: Kubectl;
  stop(): Promise<void>;
}

const tools = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl'] as const;

/** Builds what a cluster needs; null when it is there, or why this machine cannot run a cluster. */
export async function prepareCluster(): Promise<string | null> {
  const why = await whyNoNode();
  if (why !== null) return why;
  const built = await labTools(...tools);
  return 'missing' in built ? built.missing : null;
}

/**
 * Starts a cluster and waits until its node is ready. Others with these names may join it. Throws, with nothing left, when
 * it does not get there.
 */
export async function startCluster(...others: readonly string[]): Promise<LabCluster> {
  const built = await labTools(...tools);
  if ('missing' in built) throw new Error(built.missing);
  const { bin } = built;
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.reverse()) await part.stop();
    started.length = 0;
  };
  try {
    const network = await takeNetwork();
    started.push({ stop: network.release });
    const server = await startApiServer({
      ...{ bin, serviceRange: network.serviceRange },
      users: nodeUsers(nodeName, ...others),
    });
    started.push(server);
    started.push(await startControllers(bin, server));
    const node = await startNode(bin, server, network);
    started.push(node);
    return { server, node, network, bin, kubectl: new Kubectl(bin, server.kubeconfig), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
