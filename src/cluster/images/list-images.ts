// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { type ImageName, imageReference } from '../../templates/kubernetes/images.ts';

/** An image that nodes of a stack may have to pull. */
export interface ListedImage {
  /** Its key in `kubernetes.images` of the config. */
  readonly name: ImageName;
  /** As it stands in the pods. */
  readonly reference: string;
  /** As it is named before a registry of one's own takes the place of the one in it: where to mirror it from. */
  readonly upstream: string;
  /** `sha256:…`; null: the reference has none. */
  readonly digest: string | null;
  /** The tag, which is an exact version; null: it goes by digest alone. */
  readonly version: string | null;
  readonly purpose: string;
  /** A workload, which runs unprivileged; the others are parts of the nodes. */
  readonly workload: boolean;
}

interface Use {
  readonly name: ImageName;
  readonly purpose: string;
  readonly workload: boolean;
}

/** Every image that a stack of this config can use, whatever its nodes turn out to be. Pure. */
export function listImages({ kubernetes }: Config): ListedImage[] {
  const { images, multus, workloads } = kubernetes;
  const uses: readonly Use[] = [
    { name: 'node', purpose: 'agent, backends, CNI plugin; detection and cleaning of nodes', workload: false },
    { name: 'devicePlugin', purpose: 'offers the devices to Kubernetes', workload: false },
    ...(multus === 'present' ? [] : [multusUse]),
    ...[...new Set(workloads)].sort().map((name): Use => ({ name, purpose: `workload ${name}`, workload: true })),
  ];
  return uses.map((use) => {
    const reference = imageReference(images, use.name);
    return { name: use.name, reference, upstream: images[use.name], ...pinOf(reference), ...restOf(use) };
  });
}

const multusUse: Use = { name: 'multus', purpose: 'second network of pods, where no Multus is there', workload: false };

const restOf = ({ purpose, workload }: Use) => ({ purpose, workload });

function pinOf(reference: string): Pick<ListedImage, 'digest' | 'version'> {
  const [tagged = '', digest = null] = reference.split('@');
  const version = /:([\w][\w.-]*)$/.exec(tagged)?.[1] ?? null;
  return { digest, version };
}
