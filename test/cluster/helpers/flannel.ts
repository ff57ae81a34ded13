// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { GuestNode } from '../guest-node.ts';
import type { Kubectl } from '../kubectl.ts';
import type { LabCluster } from '../lab-cluster.ts';
import { copyPrograms } from './image.ts';
import { labTools } from './lab-tools.ts';

const image = 'registry.invalid/flannel:1';
const namespace = 'kube-flannel';
/** The names of upstream's own manifests. */
const network = { name: 'cbr0', file: '10-flannel.conflist' };
const labNetwork = '/etc/cni/net.d/10-pods.conflist';
const podNetworkSchema = z.object({
  plugins: z.tuple([z.object({ ipam: z.object({ ranges: z.tuple([z.tuple([z.object({ subnet: z.string() })])]) }) })]),
});

/** The programs of Flannel, or why there are none. */
export async function flannelTools(): Promise<{ readonly bin: string } | { readonly missing: string }> {
  return labTools('flanneld', 'flannel');
}

/** Flannel takes the place of the lab's own network: pods that come from now on are in it. Answers the range of its pods. */
export async function installFlannel(
  { kubectl, node, network: { podRanges } }: LabCluster,
  bin: string,
): Promise<string> {
  const conflist = JSON.parse(readFileSync(join(node.folder, 'pod-network.conflist'), 'utf8'));
  const { subnet } = podNetworkSchema.parse(conflist).plugins[0].ipam.ranges[0][0];
  await importImage(node, bin);
  await giveRange(kubectl, node.name, subnet);
  rmSync(node.path(labNetwork));
  const items = [...rights(), settings(podRanges), daemonSet()];
  const applied = await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  if (applied.exitCode !== 0) throw new Error(applied.all);
  await untilRolledOut(kubectl, 1);
  if (!existsSync(node.path('/run/flannel/subnet.env'))) throw new Error('flannel has no subnet');
  return subnet;
}

/** The same on a machine that has joined the cluster. */
export async function extendFlannel({ kubectl, network }: LabCluster, node: GuestNode, bin: string): Promise<void> {
  await giveRange(kubectl, node.name, network.guest.podRange);
  await node.guest.get(`rm ${labNetwork}`);
  await importImage(node, bin);
  await untilRolledOut(kubectl, 6);
}

/** As a controller does it that gives ranges to nodes. */
async function giveRange(kubectl: Kubectl, node: string, subnet: string): Promise<void> {
  await kubectl.ok('patch', 'node', node, '-p', JSON.stringify({ spec: { podCIDR: subnet, podCIDRs: [subnet] } }));
}

async function untilRolledOut(kubectl: Kubectl, tries: number): Promise<void> {
  const rollout = ['-n', namespace, 'rollout', 'status', 'daemonset/kube-flannel-ds', '--timeout=55s'];
  for (; tries > 1; tries--) if ((await kubectl.run(...rollout)).exitCode === 0) return;
  await kubectl.ok(...rollout);
}

async function importImage(node: Pick<LabCluster['node'], 'importImage'>, bin: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
  try {
    await copyPrograms(root, ['/bin/busybox']);
    mkdirSync(join(root, 'opt/bin'), { recursive: true });
    for (const program of ['flanneld', 'flannel']) copyFileSync(join(bin, program), join(root, 'opt/bin', program));
    await node.importImage(root, { name: image, entrypoint: [] });
  } finally {
    rmSync(root, { recursive: true });
  }
}

function rights(): object[] {
  const metadata = { name: 'flannel' };
  const rule = (resource: string, ...verbs: readonly string[]) => ({ apiGroups: [''], resources: [resource], verbs });
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata,
      rules: [rule('pods', 'get'), rule('nodes', 'get', 'list', 'watch'), rule('nodes/status', 'patch')],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flannel' },
      subjects: [{ kind: 'ServiceAccount', name: 'flannel', namespace }],
    },
  ];
}

function settings(range: string): object {
  const plugins = [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace },
    data: {
      'cni-conf.json': JSON.stringify({ name: network.name, cniVersion: '0.3.1', plugins }),
      'net-conf.json': JSON.stringify({ Network: range, EnableNFTables: false, Backend: { Type: 'vxlan' } }),
    },
  };
}

function daemonSet(): object {
  const copy = (name: string, from: string, to: string) => ({
    ...{ name, image, imagePullPolicy: 'Never', command: ['busybox', 'cp', '-f', from, to] },
    env: [{ name: 'PATH', value: '/bin' }],
    volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: volume.at })),
  });
  const hostPath = (name: string, path: string) => ({
    name,
    at: path,
    volume: { hostPath: { path, type: 'DirectoryOrCreate' } },
  });
  const volumes = [
    hostPath('run', '/run/flannel'),
    hostPath('cni-plugin', '/opt/cni/bin'),
    hostPath('cni', '/etc/cni/net.d'),
    { name: 'flannel-cfg', at: '/etc/kube-flannel', volume: { configMap: { name: 'kube-flannel-cfg' } } },
  ];
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const labels = { app: 'flannel' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-flannel-ds', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          serviceAccountName: 'flannel',
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          initContainers: [
            copy('install-cni-plugin', '/opt/bin/flannel', '/opt/cni/bin/flannel'),
            copy('install-cni', '/etc/kube-flannel/cni-conf.json', `/etc/cni/net.d/${network.file}`),
          ],
          containers: [
            {
              ...{ name: 'kube-flannel', image, imagePullPolicy: 'Never', command: ['/opt/bin/flanneld'] },
              // Without rules of iptables, which no lab has a use for.
              args: ['--kube-subnet-mgr', '--iptables-forward-rules=false'],
              env: [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace')],
              resources: { requests: { cpu: '50m', memory: '50Mi' } },
              securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
              readinessProbe: {
                exec: { command: ['/bin/busybox', 'test', '-s', '/run/flannel/subnet.env'] },
                periodSeconds: 1,
              },
              volumeMounts: volumes.map(({ name, at }) => ({ name, mountPath: at })),
            },
          ],
          volumes: volumes.map(({ name, volume }) => ({ name, ...volume })),
        },
      },
    },
  };
}
