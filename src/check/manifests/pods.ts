// SPDX-License-Identifier: Apache-2.0
import { defaultNamespace, type Network, type NetworkReference, networkReferences } from './networks.ts';
import type { ManifestObject, ParsedManifests } from './parsed-manifests.ts';
import { listAt, type Path, recordAt, textAt, textsAt } from './values.ts';

/** A pod, or what makes pods. */
export interface Pod {
  readonly object: ManifestObject;
  /** `Deployment l3fwd`. */
  readonly label: string;
  readonly namespace: string;
  /** The path of its pod template: `spec.template`, or nothing where it is a pod. */
  readonly path: Path;
  readonly containers: readonly Container[];
  readonly networks: readonly NetworkReference[];
  /** What is wrong with its network annotation; null: nothing. */
  readonly networksProblem: string | null;
  /** `file:line` of something below the pod template. */
  where(path: Path): string;
}

export interface Container {
  readonly name: string;
  readonly value: unknown;
  /** Below the pod template. */
  readonly path: Path;
  readonly isInit: boolean;
  /** Amounts by resource, of the limits; of the requests where there is no limit. */
  readonly resources: ReadonlyMap<string, string>;
}

export const networksAnnotation = 'k8s.v1.cni.cncf.io/networks';

const templatePaths: Readonly<Record<string, Path>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

export function podsIn({ objects }: ParsedManifests): readonly Pod[] {
  return objects.flatMap((object): Pod[] => {
    const path = templatePaths[object.kind ?? ''];
    if (path === undefined) return [];
    const template = recordAt(object.value, path);
    const namespace = object.namespace ?? defaultNamespace;
    const parsed = networkReferences(
      textAt(template, ['metadata', 'annotations', networksAnnotation]) ?? '',
      namespace,
    );
    return [
      {
        object,
        label: `${object.kind} ${object.name ?? '(without a name)'}`,
        namespace,
        path,
        containers: [...containersOf(template, 'initContainers'), ...containersOf(template, 'containers')],
        networks: 'references' in parsed ? parsed.references : [],
        networksProblem: 'problem' in parsed ? parsed.problem : null,
        where: (below) => object.where([...path, ...below]),
      },
    ];
  });
}

function containersOf(template: unknown, key: 'containers' | 'initContainers'): readonly Container[] {
  return listAt(template, ['spec', key]).map((value, index) => ({
    name: textAt(value, ['name']) ?? `${key}[${index}]`,
    value,
    path: ['spec', key, index],
    isInit: key === 'initContainers',
    resources: new Map([...amounts(value, 'requests'), ...amounts(value, 'limits')]),
  }));
}

function amounts(container: unknown, key: 'requests' | 'limits'): [string, string][] {
  return Object.entries(recordAt(container, ['resources', key])).flatMap(([name, amount]): [string, string][] =>
    typeof amount === 'string' || typeof amount === 'number' ? [[name, String(amount)]] : [],
  );
}

/** How many of a device the containers of a pod ask for together. */
export function requested({ containers }: Pod, resource: string): number {
  const of = (some: readonly Container[]) => some.map(({ resources }) => Number(resources.get(resource) ?? 0));
  const init = Math.max(0, ...of(containers.filter(({ isInit }) => isInit)));
  const sum = of(containers.filter(({ isInit }) => !isInit)).reduce((total, each) => total + each, 0);
  return Math.max(init, sum);
}

/** Resources of device plugins that a pod asks for: names with a domain that is not of Kubernetes itself. */
export function extendedResources({ containers }: Pod): ReadonlySet<string> {
  const names = containers.flatMap(({ resources }) => [...resources.keys()]);
  return new Set(names.filter((name) => name.includes('/') && !/^(?:[^/]+\.)?kubernetes\.io\//.test(name)));
}

/** The network that a reference means; null: none of these. */
export function networkOf(reference: NetworkReference, networks: readonly Network[]): Network | null {
  return networks.find(({ namespace, name }) => namespace === reference.namespace && name === reference.name) ?? null;
}

/** The words of a container's command line: command, then arguments. */
export function commandLine(container: unknown): readonly string[] {
  return [...textsAt(container, ['command']), ...textsAt(container, ['args'])];
}
