// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, fail, orPass, pass, skip, warn } from '../check.ts';
import type { ClusterFacts, Permission, UnreadPart } from '../cluster/cluster-facts.ts';
import { isTooOld, kubernetesVersion, neededKubernetes } from '../cluster/kubernetes-version.ts';
import { counted, listed } from '../node-words.ts';

/** How much older than the API server a kubelet may be: Kubernetes' own rule. */
const kubeletSkew = 3;

/** Why a check has nothing to judge: its facts could not be asked for. null: they could. */
function unreadOf({ unread }: ClusterFacts, ...parts: readonly UnreadPart[]): Finding | null {
  const found = unread.find(({ part }) => parts.includes(part));
  return found === undefined ? null : skip(`not known: ${found.why}`);
}

export const clusterChecks: readonly Check[] = [
  {
    id: 'VDPA-KUBERNETES-001',
    category: 'cluster',
    title: 'the version of Kubernetes is supported',
    scope: 'cluster',
    pre: true,
    about: [
      'vdpactl is made for Kubernetes 1.27 and later. A kubelet may be up to three minor versions older than the API server, and not newer: that is the rule of Kubernetes itself.',
      'By hand:',
      '```sh\nkubectl version\nkubectl get nodes\n```',
    ],
    judge({ serverVersion, nodes }) {
      const server = kubernetesVersion(serverVersion);
      const needed = neededKubernetes;
      if (server === null)
        return warn(`the API server says "${serverVersion}"`, needed, 'see what it is: kubectl version');
      if (isTooOld(server)) return fail(serverVersion, needed, 'upgrade the cluster');
      const findings = nodes.flatMap(({ name, kubeletVersion }): Finding[] => {
        const kubelet = kubernetesVersion(kubeletVersion);
        if (kubelet === null) return [];
        const behind = server[1] - kubelet[1];
        if (kubelet[0] === server[0] && behind >= 0 && behind <= kubeletSkew) return [];
        const found = `the kubelet of ${name} is ${kubeletVersion}, the API server ${serverVersion}`;
        return [warn(found, `at most ${kubeletSkew} minor versions older, and not newer`, 'upgrade the node', name)];
      });
      return orPass(findings, serverVersion, needed);
    },
  },
  {
    id: 'VDPA-MULTUS-001',
    category: 'cluster',
    title: 'Multus is there and runs',
    scope: 'cluster',
    pre: true,
    about: [
      'Multus gives pods more than one network, and hands a CNI plugin the device that the pod was given. vdpactl installs the thick plugin where there is none, and leaves one alone that is there. The thin plugin works too; it runs on the host with rights of its own, and is no longer where features go.',
      'By hand:',
      '```sh\nkubectl get daemonset --all-namespaces | grep multus\n```',
    ],
    judge(facts) {
      const { multus, hasNetworkAttachments, mayInstallMultus } = facts;
      const unread = unreadOf(facts, 'multus');
      if (unread !== null) return unread;
      const needed = 'Multus on every node, thick if possible';
      if (multus === null) {
        return mayInstallMultus
          ? pass('none; it is installed along with the stack', needed)
          : fail(
              'none, and kubernetes.multus says that it is there',
              needed,
              'install Multus, or set kubernetes.multus to auto',
            );
      }
      const found = `${multus.kind}, in ${multus.namespace}${multus.image === null ? '' : `, ${multus.image}`}`;
      const data = { kind: multus.kind, desired: multus.desired, ready: multus.ready };
      if (!hasNetworkAttachments) {
        const hint = 'install the CustomResourceDefinition of Multus';
        return fail(`${found}; the cluster knows no NetworkAttachmentDefinition`, needed, hint, null, data);
      }
      if (multus.ready < multus.desired) {
        const hint = `see why: kubectl get pods -n ${multus.namespace}; out of memory is the most common reason`;
        return fail(
          `${found}; ready on ${multus.ready} of ${counted(multus.desired, 'node')}`,
          needed,
          hint,
          null,
          data,
        );
      }
      if (multus.kind === 'thin')
        return warn(found, needed, 'nothing has to be done; new features go to the thick plugin', null, data);
      return pass(found, needed, data);
    },
  },
  {
    id: 'VDPA-PLUGIN-001',
    category: 'cluster',
    title: 'each node offers the devices of its plan',
    scope: 'cluster',
    pre: false,
    about: [
      'What the plan gives away has to appear among the allocatable resources of the node. It does not when the device plugin does not run there, found no device at its start, or lost the kubelet: after a restart of the kubelet a plugin has to register again.',
      'By hand:',
      '```sh\nkubectl get nodes -o custom-columns="NODE:.metadata.name,VDPA:.status.allocatable.vdpactl\\.io/vdpa"\n```',
    ],
    judge(facts) {
      const { nodes, stack } = facts;
      const unread = unreadOf(facts, 'stack', 'nodes');
      if (unread !== null) return unread;
      if (stack === null) return skip('there is no stack in the cluster yet');
      const planned = nodes.filter((node) => node.planned > 0 || (node.allocatable ?? 0) > 0);
      if (planned.length === 0) return skip('no node has a device to give away');
      const needed = 'as many as the plan gives away';
      const findings = planned.flatMap(({ name, allocatable, planned: count, resourceName }): Finding[] => {
        if (allocatable === count) return [];
        const data = { allocatable, planned: count };
        const found = `${name}: ${allocatable === null ? 'none' : allocatable} of ${count} of ${resourceName}`;
        if ((allocatable ?? 0) > count) {
          const hint =
            'the node has other devices than planned for; run vdpactl detect for it, then render and apply again';
          return [warn(found, needed, hint, name, data)];
        }
        const hint = 'restart the device plugin on that node once its devices are prepared: it looks only at its start';
        return [fail(found, needed, hint, name, data)];
      });
      return orPass(findings, counted(planned.length, 'node'), needed);
    },
  },
  {
    id: 'VDPA-PLUGIN-002',
    category: 'cluster',
    title: 'the device plugin runs with its current config',
    scope: 'cluster',
    pre: false,
    about: [
      'The device plugin reads its ConfigMap once, when it starts. After a change the pods go on with what they read. vdpactl puts a hash of the config into the pod template, so that a change restarts them; a change by hand does not.',
      'By hand:',
      '```sh\nkubectl rollout restart daemonset -n vdpactl-system\n```',
    ],
    judge(facts) {
      const { stack } = facts;
      const unread = unreadOf(facts, 'stack');
      if (unread !== null) return unread;
      if (stack === null) return skip('there is no stack in the cluster yet');
      const needed = 'pods that are newer than the ConfigMap';
      return orPass(
        stack.stalePluginPods.map(({ pod, node }) =>
          fail(`${pod} runs with an older config`, needed, `restart it: kubectl delete pod ${pod}`, node),
        ),
        'all do',
        needed,
      );
    },
  },
  {
    id: 'VDPA-RBAC-001',
    category: 'cluster',
    title: 'you may do what a deployment does',
    scope: 'cluster',
    pre: true,
    about: [
      'Asked of the API server for the user of the kubeconfig (SelfSubjectAccessReview), before anything is changed. `vdpactl rbac` prints the least roles with all of it, and why each verb is needed.',
      'By hand:',
      '```sh\nkubectl auth can-i patch daemonsets.apps -n vdpactl-system\nvdpactl rbac --user jane | kubectl apply -f -\n```',
    ],
    judge(facts) {
      const { permissions } = facts;
      const unread = unreadOf(facts, 'permissions');
      if (unread !== null) return unread;
      if (permissions.length === 0) return skip('nothing was asked for');
      const needed = 'all verbs that a deployment uses';
      const missing = permissions.filter(({ allowed }) => !allowed);
      if (missing.length === 0) return pass(counted(permissions.length, 'permission'), needed);
      return fail(
        `you may not ${listed(missing.map(permissionText), 6)}`,
        needed,
        'have an administrator bind to you the roles that vdpactl rbac prints',
        null,
        { missing: missing.length },
      );
    },
  },
  {
    id: 'VDPA-VERSION-001',
    category: 'cluster',
    title: 'the stack is of the version of this vdpactl',
    scope: 'cluster',
    pre: false,
    about: [
      'The CLI and what it deployed come from one release. Another CLI can look at the stack; before it changes anything it should be of the same version, or newer.',
      'By hand: install the other version of vdpactl, or deploy again with this one.',
    ],
    judge(facts) {
      const { stack, cliVersion } = facts;
      const unread = unreadOf(facts, 'stack');
      if (unread !== null) return unread;
      if (stack === null) return skip('there is no stack in the cluster yet');
      const needed = cliVersion;
      if (stack.version === cliVersion) return pass(cliVersion, needed);
      const hint = 'deploy again with this version, or use the vdpactl that deployed it';
      return warn(stack.version ?? 'of unknown version', needed, hint, null, { stack: stack.version, cli: cliVersion });
    },
  },
];

/** `patch daemonsets.apps in vdpactl-system` */
function permissionText({ verb, resource, namespace, name }: Permission): string {
  return `${verb} ${resource}${name === null ? '' : ` ${name}`}${namespace === null ? '' : ` in ${namespace}`}`;
}
