// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from '../api-server.ts';
import { kubeconfigText } from './api-server-secrets.ts';
import { copyPrograms, writeImage } from './image.ts';

const sandboxImage = 'registry.invalid/sandbox:1';

/** The users that the kubelets of these nodes are, and their groups: to be given to `startApiServer`. */
export function nodeUsers(...names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [nodeUser(name), ['system:nodes']]));
}

function nodeUser(name: string): string {
  return `system:node:${name}`;
}

export interface NodeSettings {
  readonly name: string;
  /** Where it reaches the API server. */
  readonly url: string;
  readonly address: string;
  /** The addresses of its pods. */
  readonly podRange: string;
  /** Where containerd keeps what it has. */
  readonly containerdRoot: string;
  readonly cgroupRoot: string;
  /** More of kubelet's settings. */
  readonly kubelet?: Readonly<Record<string, unknown>>;
}

/**
 * Writes what a node of an API server is started with to a folder: containerd.toml, kubelet.json, kubelet.kubeconfig,
 * pod-network.conflist, and the image of every pod's sandbox in images/.
 */
export async function writeNodeSettings(folder: string, server: ApiServer, settings: NodeSettings): Promise<void> {
  writeFileSync(join(folder, 'containerd.toml'), containerdSettings(settings));
  writeFileSync(join(folder, 'kubelet.json'), JSON.stringify(kubeletSettings(settings), null, 2));
  const user = nodeUser(settings.name);
  const kubeconfig = kubeconfigText(settings.url, server.authority, user, server.tokenOf(user));
  writeFileSync(join(folder, 'kubelet.kubeconfig'), kubeconfig, { mode: 0o600 });
  const pods = {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipam: { type: 'host-local', ranges: [[{ subnet: settings.podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  };
  writeFileSync(join(folder, 'pod-network.conflist'), JSON.stringify(pods));
  const root = join(folder, 'sandbox');
  mkdirSync(join(folder, 'images'), { recursive: true });
  await copyPrograms(root, ['/bin/busybox']);
  const entrypoint = ['/bin/busybox', 'sleep', '2147483647'];
  await writeImage(join(folder, 'images', 'sandbox.tar'), root, { name: sandboxImage, entrypoint });
  rmSync(root, { recursive: true });
}

function containerdSettings({ containerdRoot }: NodeSettings): string {
  return `version = 2
root = "${containerdRoot}"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  # Lowering it takes CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
`;
}

function kubeletSettings({ address, cgroupRoot, kubelet }: NodeSettings): Record<string, unknown> {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    // Only this machine reaches it, over a cable of its own.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    enforceNodeAllocatable: [],
    oomScoreAdj: 0,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    resolvConf: '',
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    // A full disk of the machine is none of the node's business.
    evictionHard: {
      'memory.available': '10Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '2s',
    ...kubelet,
  };
}
