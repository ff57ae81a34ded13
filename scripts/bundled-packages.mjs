// SPDX-License-Identifier: Apache-2.0
// The npm packages that went into a bundle, from esbuild's account of it. The bill of materials of the node image has them,
// and nobody could tell from the bundle: dataplane/images/scripts/sbom.sh reads these lines.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line a package, apart by tabs: type, name, version, purl. */
export function bundledPackages(metafile, root) {
  const folders = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .flatMap((input) => input.match(/^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/) ?? []);
  const lines = [...new Set(folders)].map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return `library\t${name}\t${version}\tpkg:npm/${name.replace('@', '%40')}@${version}\n`;
  });
  return [...new Set(lines)].sort().join('');
}
