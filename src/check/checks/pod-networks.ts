// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import { networksIn } from '../manifests/networks.ts';
import { extendedResources, networkOf, networksAnnotation, type Pod, podsIn, requested } from '../manifests/pods.ts';
import { allPools } from '../manifests/pools.ts';
import { below } from '../manifests/values.ts';
import { counted, listed } from '../node-words.ts';

const annotationPath = ['metadata', 'annotations', networksAnnotation] as const;

export const podNetworkChecks: readonly Check[] = [
  {
    id: 'VDPA-POD-001',
    category: 'pods',
    title: 'the networks of each pod exist',
    scope: 'manifests',
    pre: true,
    about: [
      'The annotation `k8s.v1.cni.cncf.io/networks` names networks as `name`, `namespace/name` or `namespace/name@interface`, with commas between them, or as a JSON list. A name without a namespace is one of the namespace of the pod. When there is no such network, Multus does not start the pod. Fails where networks are among the manifests and this one is not; warns where there are none at all, as the cluster may have it. An object without a namespace is taken to be in `default`, where kubectl puts it unless it is told otherwise.',
      'By hand:',
      '```sh\nkubectl get net-attach-def --all-namespaces\n```',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests);
      const pods = podsIn(manifests).filter((pod) => pod.networks.length > 0 || pod.networksProblem !== null);
      if (pods.length === 0) return skip('no pod with networks is among the manifests');
      const needed = 'a NetworkAttachmentDefinition of that name, in that namespace';
      const findings = pods.flatMap((pod): Finding[] => {
        const at = pod.where(annotationPath);
        if (pod.networksProblem !== null)
          return [
            fail(`${pod.label}: ${pod.networksProblem}`, needed, 'write namespace/name@interface, with commas', at),
          ];
        return pod.networks
          .filter((reference) => networkOf(reference, networks) === null)
          .map(({ namespace, name }) => {
            const found = `${pod.label}: there is no ${namespace}/${name}`;
            const elsewhere = networks.filter((network) => network.name === name);
            if (networks.length === 0)
              return warn(`${found} among the manifests`, needed, 'see that the cluster has it', at);
            const hint =
              elsewhere.length > 0
                ? `it is in ${listed(elsewhere.map((network) => network.namespace))}: write ${elsewhere[0]?.namespace}/${name}, or move one of them`
                : `the networks are: ${listed(networks.map((network) => `${network.namespace}/${network.name}`))}`;
            return fail(found, needed, hint, at);
          });
      });
      return orPass(findings, counted(pods.length, 'pod'), needed);
    },
  },
  {
    id: 'VDPA-POD-002',
    category: 'pods',
    title: 'each pod asks for the devices of its networks',
    scope: 'manifests',
    pre: true,
    about: [
      'Multus hands a network the device that the pod was given of its resource. A pod that has the network and does not ask for the resource is given none, and its network fails; one that names a network twice needs two. A network resources injector in the cluster adds the requests by itself; with one this check may be ignored.',
      'By hand: add to the limits of a container of the pod, for each network:',
      '```yaml\nresources:\n  limits:\n    vdpactl.io/vdpa: "1"\n```',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests);
      const pods = podsIn(manifests).filter((pod) => resourcesOfNetworks(pod, networks).size > 0);
      if (pods.length === 0) return skip('no pod with networks of devices is among the manifests');
      const needed = 'one of the resource for each network of it';
      const findings = pods.flatMap((pod) =>
        [...resourcesOfNetworks(pod, networks)].flatMap(([resource, count]): Finding[] => {
          const has = requested(pod, resource);
          if (has >= count) return [];
          const found = `${pod.label} asks for ${has} of ${resource}, and its networks need ${count}`;
          const hint = `add ${resource}: "${count}" to the limits of a container`;
          return [fail(found, needed, hint, pod.where(annotationPath), { resource, requested: has, needed: count })];
        }),
      );
      return orPass(findings, counted(pods.length, 'pod'), needed);
    },
  },
  {
    id: 'VDPA-POD-003',
    category: 'pods',
    title: 'the devices that a pod asks for are offered and attached',
    scope: 'manifests',
    pre: true,
    about: [
      'A pod that asks for a resource that no pool offers stays pending. One that asks for a resource without having a network of it is given the device, but nobody attaches it. Only resources with a prefix of the pools or networks among the manifests are judged: others belong to other device plugins.',
      'By hand: correct the name of the resource, or add the network to the annotation of the pod.',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests);
      const offered = new Set(allPools(manifests).map(({ resource }) => resource));
      const ours = new Set([...offered, ...networks.flatMap(({ resource }) => resource ?? [])].map(prefixOf));
      const asking = podsIn(manifests)
        .map((pod) => ({ pod, names: [...extendedResources(pod)].filter((name) => ours.has(prefixOf(name))) }))
        .filter(({ names }) => names.length > 0);
      if (asking.length === 0) return skip('no pod that asks for a device of these pools is among the manifests');
      const needed = 'a pool that offers it, and a network of the pod that attaches it';
      const findings = asking.flatMap(({ pod, names }) =>
        names.flatMap((name): Finding[] => {
          const at = whereRequested(pod, name);
          if (offered.size > 0 && !offered.has(name)) {
            return [
              fail(`${pod.label}: no pool offers ${name}`, needed, `the pools offer: ${listed([...offered])}`, at),
            ];
          }
          if (networks.length === 0 || resourcesOfNetworks(pod, networks).has(name)) return [];
          const of = networks.filter(({ resource }) => resource === name);
          const hint =
            of.length === 0
              ? 'add a NetworkAttachmentDefinition for it'
              : `add the annotation ${networksAnnotation}: ${of[0]?.namespace}/${of[0]?.name}`;
          return [warn(`${pod.label}: no network of it attaches ${name}`, needed, hint, at)];
        }),
      );
      return orPass(findings, counted(asking.length, 'pod'), needed);
    },
  },
];

/** How many of each resource the networks of a pod attach. */
function resourcesOfNetworks(pod: Pod, networks: ReturnType<typeof networksIn>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const reference of pod.networks) {
    const resource = networkOf(reference, networks)?.resource ?? null;
    if (resource !== null) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}

function prefixOf(resource: string): string {
  return resource.slice(0, resource.indexOf('/'));
}

function whereRequested(pod: Pod, resource: string): string {
  const container = pod.containers.find(({ resources }) => resources.has(resource));
  if (container === undefined) return pod.where([]);
  const key = below(container.value, ['resources', 'limits', resource]) === undefined ? 'requests' : 'limits';
  return pod.where([...container.path, 'resources', key, resource]);
}
