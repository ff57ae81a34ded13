// SPDX-License-Identifier: Apache-2.0
// A module of its own, so that only YAML output loads the library. Importing the library itself on demand does not work
// in the bundle: it is CommonJS, whose names are lost when esbuild splits it off.
import { stringify } from 'yaml';

export function yamlText(doc: object): string {
  return stringify(doc, { lineWidth: 0, aliasDuplicateObjects: false });
}
