// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import { askedMemoryMiB, isDpdk, quantityMiB, words } from '../manifests/eal-arguments.ts';
import { type Container, commandLine, type Pod, podsIn } from '../manifests/pods.ts';
import { below, listAt, textAt } from '../manifests/values.ts';
import { workloadsIn } from '../manifests/workloads.ts';
import { counted } from '../node-words.ts';

const noWorkload = 'no pod that uses a device is among the manifests';

export const podChecks: readonly Check[] = [
  {
    id: 'VDPA-POD-004',
    category: 'pods',
    title: 'workloads run without privileges',
    scope: 'manifests',
    pre: true,
    about: [
      "A workload needs no privilege to drive a virtio-user device: it opens a socket in its own folder, or `/dev/vhost-vdpa-N`, which the device plugin allows it. A privileged container can reach every device and all memory of the node. On the host's network (`hostNetwork`) Multus attaches nothing at all.",
      'By hand: take `privileged: true` out. What a program asks for may be a single capability: `IPC_LOCK` to lock memory, `NET_ADMIN` to set up an interface.',
    ],
    judge({ manifests }) {
      const pods = workloadsIn(manifests);
      if (pods.length === 0) return skip(noWorkload);
      const needed = 'neither privileged nor hostNetwork';
      const findings = pods.flatMap((pod): Finding[] => [
        ...pod.containers
          .filter(({ value }) => below(value, ['securityContext', 'privileged']) === true)
          .map(({ name, path }) =>
            warn(
              `${pod.label}: container ${name} is privileged`,
              needed,
              'take it out; IPC_LOCK is mostly all that a DPDK program asks for',
              pod.where([...path, 'securityContext', 'privileged']),
            ),
          ),
        ...(specOf(pod, ['hostNetwork']) === true
          ? [
              warn(
                `${pod.label}: is on the network of the host`,
                needed,
                'take hostNetwork out',
                pod.where(['spec', 'hostNetwork']),
              ),
            ]
          : []),
      ]);
      return orPass(findings, counted(pods.length, 'workload'), needed);
    },
  },
  {
    id: 'VDPA-POD-005',
    category: 'pods',
    title: "workloads do not see each other's sockets",
    scope: 'manifests',
    pre: true,
    about: [
      "Whoever can open a vhost-user socket has the other side's memory and traffic. A workload that mounts `/var/run/vdpa` of the host sees the sockets of every pod of the node, as all did in the demo of 2019. With vdpactl a workload has an emptyDir named `vdpa`, and finds its own socket there.",
      'By hand: replace the hostPath volume by an emptyDir.',
    ],
    judge({ manifests }) {
      const pods = workloadsIn(manifests);
      if (pods.length === 0) return skip(noWorkload);
      const needed = 'no path of the host with sockets of others';
      const findings = pods.flatMap((pod) =>
        listAt(specOf(pod, ['volumes']), []).flatMap((volume, index): Finding[] => {
          const path = textAt(volume, ['hostPath', 'path']);
          if (path === null || !holdsSockets(path)) return [];
          const hint = 'use an emptyDir named vdpa, mounted at /var/run/vdpa';
          const at = pod.where(['spec', 'volumes', index, 'hostPath', 'path']);
          return [warn(`${pod.label}: mounts ${path} of the host`, needed, hint, at)];
        }),
      );
      return orPass(findings, counted(pods.length, 'workload'), needed);
    },
  },
  {
    id: 'VDPA-POD-006',
    category: 'pods',
    title: 'workloads have the huge pages that they take',
    scope: 'manifests',
    pre: true,
    about: [
      'A container may use huge pages up to its limit `hugepages-2Mi` or `hugepages-1Gi`; without one it has none, whatever is mounted. The request has to be the same as the limit, and CPU or memory has to be asked for too, or the API server refuses the pod. What the program asks for (`-m`, `--socket-mem`) has to be less than the limit: DPDK takes some more for itself, and a limit of exactly `-m` ends in a bus error.',
      'By hand:',
      '```yaml\nresources:\n  requests: { memory: 128Mi, hugepages-2Mi: 1Gi }\n  limits: { memory: 128Mi, hugepages-2Mi: 1Gi }\n```',
    ],
    judge({ manifests }) {
      const pods = podsIn(manifests).filter((pod) => usesHugePages(pod));
      if (pods.length === 0) return skip('no pod that uses huge pages is among the manifests');
      const needed = 'a limit hugepages-2Mi or hugepages-1Gi above what the program takes';
      const findings = pods.flatMap((pod) => [
        ...mountedWithoutLimit(pod, needed),
        ...pod.containers.flatMap((container) => ofContainer(pod, container, needed)),
      ]);
      return orPass(findings, counted(pods.length, 'pod'), needed);
    },
  },
];

function specOf(pod: Pod, path: readonly string[]): unknown {
  return below(pod.object.value, [...pod.path, 'spec', ...path]);
}

function holdsSockets(path: string): boolean {
  const clean = path.replace(/\/+$/, '').replace(/^\/run(?=\/|$)/, '/var/run');
  return (
    clean === '/var/run' || clean === '/var' || clean === '' || /^\/var\/run\/(?:vdpa|vdpactl)(?:\/|$)/.test(clean)
  );
}

function hugePageVolume(pod: Pod): number {
  return listAt(specOf(pod, ['volumes']), []).findIndex((volume) =>
    /^HugePages/.test(textAt(volume, ['emptyDir', 'medium']) ?? ''),
  );
}

function limitsOf({ resources }: Container): readonly (readonly [string, string])[] {
  return [...resources].filter(([name]) => name.startsWith('hugepages-'));
}

function lineOf({ value }: Container): readonly string[] {
  return commandLine(value).flatMap(words);
}

function usesHugePages(pod: Pod): boolean {
  return (
    hugePageVolume(pod) >= 0 ||
    pod.containers.some(
      (container) =>
        limitsOf(container).length > 0 ||
        askedMemoryMiB(lineOf(container)) !== null ||
        (isDpdk(lineOf(container)) && !lineOf(container).includes('--no-huge')),
    )
  );
}

function mountedWithoutLimit(pod: Pod, needed: string): readonly Finding[] {
  const volume = hugePageVolume(pod);
  if (volume < 0 || pod.containers.some((container) => limitsOf(container).length > 0)) return [];
  const found = `${pod.label}: mounts huge pages, and no container has a limit of them`;
  return [fail(found, needed, 'add hugepages-2Mi to requests and limits', pod.where(['spec', 'volumes', volume]))];
}

function ofContainer(pod: Pod, container: Container, needed: string): readonly Finding[] {
  const who = `${pod.label}: container ${container.name}`;
  const at = (...path: string[]) => pod.where([...container.path, ...path]);
  const line = lineOf(container);
  const asked = askedMemoryMiB(line);
  const limits = limitsOf(container);
  if (limits.length === 0) {
    const isPlain = !isDpdk(line) || line.includes('--no-huge');
    if ((asked === null && isPlain) || hugePageVolume(pod) >= 0) return [];
    const hint = 'add hugepages-2Mi to requests and limits, and a volume of medium HugePages';
    return [warn(`${who} runs a DPDK program and has no limit of huge pages`, needed, hint, at())];
  }
  const findings: Finding[] = [];
  for (const [name, amount] of limits) {
    const limit = textOrNumber(below(container.value, ['resources', 'limits', name]));
    const request = textOrNumber(below(container.value, ['resources', 'requests', name]));
    if (limit === null || (request !== null && quantityMiB(request) !== quantityMiB(limit))) {
      const found = `${who}: ${name} is ${request ?? 'not'} requested with ${limit === null ? 'no limit' : `the limit ${limit}`}`;
      findings.push(fail(found, needed, 'make request and limit the same', at('resources')));
    }
    const mib = quantityMiB(amount);
    if (asked === null || mib === null) continue;
    const data = { askedMiB: asked, limitMiB: mib };
    const hint = `raise ${name} above ${asked}Mi, or ask for less`;
    if (asked > mib) findings.push(fail(`${who} takes ${asked} MiB of ${mib}`, needed, hint, at('resources'), data));
    else if (asked === mib)
      findings.push(
        warn(`${who} takes ${asked} MiB of ${mib}, which leaves no headroom`, needed, hint, at('resources'), data),
      );
  }
  const basics = ['cpu', 'memory'].some((name) => container.resources.has(name));
  if (!basics) {
    const hint = 'add cpu or memory to its requests: the API server refuses huge pages without';
    findings.push(fail(`${who} asks for huge pages, and neither for CPU nor memory`, needed, hint, at('resources')));
  }
  return findings;
}

function textOrNumber(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
