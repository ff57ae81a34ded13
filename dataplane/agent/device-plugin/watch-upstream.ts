// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { processesMarked, signalProcess } from '../../../src/process/process-table.ts';
import { pluginMarker } from '../../../src/templates/kubernetes/device-plugin/device-plugin.ts';
import { hostPaths } from '../../../src/templates/kubernetes/host-paths.ts';
import { fullResourceName, resourceName, resourcePrefix } from '../../../src/templates/kubernetes/names.ts';
import { KubeletDevices } from './kubelet-devices.ts';
import { listeningSocket } from './listening-socket.ts';
import { UpstreamPlugin, type UpstreamPluginOptions } from './upstream-plugin.ts';

/** Where kubelet finds the SR-IOV network device plugin by itself; that plugin names its socket so. */
const socket = join(hostPaths.pluginsRegistry, `${resourcePrefix}_${resourceName}.sock`);
const lookMs = 5_000;

export interface UpstreamWatch {
  readonly problems: readonly string[];
  stop(): void;
}

export interface WatchUpstreamOptions extends Pick<UpstreamPluginOptions, 'wanted' | 'log'> {
  /** The socket on which kubelet tells which devices it has to give. */
  readonly podResources: string;
}

/** Whether the SR-IOV network device plugin tells kubelet of devices of this node. */
export function isUpstreamServing(): boolean {
  return listeningSocket(socket) !== null;
}

/** Looks after the SR-IOV network device plugin of this node, where there is one. */
export function watchUpstream({ podResources, wanted, log }: WatchUpstreamOptions): UpstreamWatch {
  const kubelet = new KubeletDevices(podResources, fullResourceName);
  const plugin = new UpstreamPlugin({
    running: () => listeningSocket(socket),
    end: () => processesMarked(pluginMarker).filter((id) => signalProcess(id, 'SIGTERM')).length > 0,
    wanted,
    known: () => kubelet.known(),
    log,
  });
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await plugin.look(performance.now());
    busy = false;
  }, lookMs);
  return {
    get problems() {
      return plugin.problems;
    },
    stop() {
      clearInterval(timer);
      kubelet.close();
    },
  };
}
