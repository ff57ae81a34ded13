// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

type Multus = NodeFacts['cni']['multus'];

const configDir = 'etc/cni/net.d';
const binDir = 'opt/cni/bin';

/** More configurations than any node has. */
const maxFiles = 64;
const maxBytes = 256 * 1024;

/** Plugin types of Multus: the shim hands the call to a daemon, the other does the work itself. */
const kinds: readonly (readonly [type: string, kind: Exclude<Multus, null>])[] = [
  ['multus-shim', 'thick'],
  ['multus', 'thin'],
];

/** The CNI configurations in the order in which a runtime considers them, and which kind of Multus is among them. */
export function readCni(fs: RootFs, note: Note): NodeFacts['cni'] {
  // The three endings that libcni takes.
  const configFiles = fs.list(configDir).filter((name) => /\.(?:conf|conflist|json)$/.test(name));
  note('cni configurations', configDir, configFiles.length === 0 ? null : configFiles.join(' '));
  return { configFiles, multus: readMultus(fs, configFiles, note) };
}

/** A configuration decides; a plugin that lies there unconfigured is only noted. */
function readMultus(fs: RootFs, configFiles: readonly string[], note: Note): Multus {
  for (const name of configFiles.slice(0, maxFiles)) {
    const path = `${configDir}/${name}`;
    const types = pluginTypes(fs.readText(path, maxBytes) ?? '');
    const found = kinds.find(([type]) => types.includes(type));
    if (found === undefined) continue;
    note('multus', path, `${found[1]} (type ${found[0]})`);
    return found[1];
  }
  for (const [type] of kinds) {
    const path = `${binDir}/${type}`;
    if (fs.exists(path)) note('multus', path, 'installed, but in no configuration');
  }
  return null;
}

/** The plugin types of a CNI configuration or list; none when it is neither. */
export function pluginTypes(text: string): string[] {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isRecord(config)) return [];
  const plugins: unknown[] = Array.isArray(config['plugins']) ? config['plugins'] : [config];
  return plugins.flatMap((plugin) => (isRecord(plugin) && typeof plugin['type'] === 'string' ? [plugin['type']] : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
