// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import type { EmbeddedJson, ManifestObject, ParsedManifests } from './parsed-manifests.ts';
import { listAt, type Path, recordAt, textAt } from './values.ts';

/** A NetworkAttachmentDefinition. */
export interface Network {
  readonly object: ManifestObject;
  readonly namespace: string;
  readonly name: string;
  /** The resource whose devices it attaches, from its annotation; null: none. */
  readonly resource: string | null;
  /** Its CNI configuration; null: none here, the node has it in a file. */
  readonly config: EmbeddedJson | null;
  /** The CNI plugins that it calls, in order, each with its place in the configuration. */
  readonly plugins: readonly {
    readonly type: string | null;
    readonly value: Readonly<Record<string, unknown>>;
    readonly path: Path;
  }[];
}

export const resourceAnnotation = 'k8s.v1.cni.cncf.io/resourceName';

/** Where an object without a namespace goes, as long as nobody tells kubectl otherwise. */
export const defaultNamespace = 'default';

export function networksIn({ objects }: ParsedManifests): readonly Network[] {
  return objects
    .filter(({ kind }) => kind === 'NetworkAttachmentDefinition')
    .map((object) => {
      const config = object.json(['spec', 'config']);
      return {
        object,
        namespace: object.namespace ?? defaultNamespace,
        name: object.name ?? '',
        resource: textAt(object.value, ['metadata', 'annotations', resourceAnnotation]),
        config,
        plugins: config === null ? [] : pluginsIn(config.value),
      };
    });
}

function pluginsIn(config: unknown): Network['plugins'] {
  if (!isRecord(config)) return [];
  const list = listAt(config, ['plugins']);
  if (list.length === 0) return [{ type: textAt(config, ['type']), value: config, path: [] }];
  return list.map((value, index) => ({
    type: textAt(value, ['type']),
    value: recordAt(value, []),
    path: ['plugins', index],
  }));
}

/** A network that a pod asks for. */
export interface NetworkReference {
  readonly namespace: string;
  readonly name: string;
}

/** What is wrong with an annotation in place of its references. */
export type ParsedReferences = { readonly references: readonly NetworkReference[] } | { readonly problem: string };

const dnsName = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;

/**
 * The annotation k8s.v1.cni.cncf.io/networks: `net-a, other-namespace/net-b@eth1`, or a JSON list of objects. A network
 * without a namespace is one of the namespace of the pod.
 */
export function networkReferences(annotation: string, podNamespace: string): ParsedReferences {
  const text = annotation.trim();
  if (text === '') return { references: [] };
  return text.startsWith('[') ? fromJson(text, podNamespace) : fromNames(text, podNamespace);
}

function fromJson(text: string, podNamespace: string): ParsedReferences {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return { problem: 'it begins like a JSON list and is none' };
  }
  const references: NetworkReference[] = [];
  for (const entry of Array.isArray(list) ? list : []) {
    const name = textAt(entry, ['name']);
    if (name === null || !dnsName.test(name)) return { problem: 'an entry of it has no valid name' };
    references.push({ namespace: textAt(entry, ['namespace']) || podNamespace, name });
  }
  return { references };
}

function fromNames(text: string, podNamespace: string): ParsedReferences {
  const references: NetworkReference[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    const match = /^(?:([^/@]+)\/)?([^/@]+)(?:@([^/@]+))?$/.exec(entry);
    const [, namespace = podNamespace, name = '', netdev] = match ?? [];
    if (match === null || !dnsName.test(name) || !dnsName.test(namespace)) {
      return { problem: `"${entry}" is no namespace/name@interface` };
    }
    if (netdev !== undefined && netdev.length > 15)
      return { problem: `the interface name ${netdev} is longer than 15` };
    references.push({ namespace, name });
  }
  return { references };
}
