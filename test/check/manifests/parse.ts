// SPDX-License-Identifier: Apache-2.0
import { parseManifests } from '../../../src/check/manifests/parse-manifests.ts';
import type { ManifestObject, ParsedManifests } from '../../../src/check/manifests/parsed-manifests.ts';

/** The manifests in a text, as if it were the file m.yaml. */
export function manifests(text: string): ParsedManifests {
  return parseManifests([{ name: 'm.yaml', text }]);
}

/** The only object in a text. */
export function onlyObject(text: string): ManifestObject {
  const { objects } = manifests(text);
  const [object] = objects;
  if (object === undefined || objects.length > 1) throw new Error(`${objects.length} objects`);
  return object;
}
