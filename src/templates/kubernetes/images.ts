// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';

type Images = Config['kubernetes']['images'];
export type ImageName = 'node' | 'l3fwd' | 'seawreck' | 'devicePlugin' | 'multus';

/**
 * An image as the nodes pull it: from the configured registry, if there is one, in place of the one in its name. What is
 * named by its place in that registry, as `vdpactl images push` prints it, stays.
 */
export function imageReference(images: Images, name: ImageName): string {
  const reference = images[name];
  if (images.registry === null) return reference;
  const registry = images.registry.replace(/\/+$/, '');
  return reference.startsWith(`${registry}/`) ? reference : `${registry}/${withoutRegistry(reference)}`;
}

/** The first part of a name is a registry when it has a dot or a port or is `localhost`; that is how all engines read it. */
function withoutRegistry(reference: string): string {
  const slash = reference.indexOf('/');
  const first = slash === -1 ? '' : reference.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? reference.slice(slash + 1) : reference;
}
