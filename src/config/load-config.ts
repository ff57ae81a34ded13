// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { VdpaError } from '../errors/vdpa-error.ts';
import { schemaVersion } from '../schema-version.ts';
import type { Config } from './config-schema.ts';
import { defaultConfig } from './default-config.ts';
import { applyOverrides, type ConfigOverrides, type FlagNames, listOverrides, type Override } from './overrides.ts';
import type { YamlSource } from './parse-yaml.ts';
import { isRecord, leafKeys, valueAt } from './plain-data.ts';
import { printable, quoted } from './printable.ts';
import { readConfigFile } from './read-config-file.ts';

/** Read when no other file is named. */
export const defaultConfigFile = 'vdpactl.yaml';

/** So many problems are listed; who has more has named the wrong file. */
const maxListed = 50;

export interface LoadOptions {
  /** The file that the user named; null: `vdpactl.yaml` in `cwd`, where there is one. */
  readonly path: string | null;
  readonly cwd: string;
  /** Settings from the command line; they win over the file. */
  readonly overrides?: ConfigOverrides;
  /** Flags that are not named like the key they set. */
  readonly flags?: FlagNames;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, as the user knows it. */
  readonly path: string | null;
  /** The dotted keys that the user set, in the file or by a flag. */
  readonly set: string[];
}

/**
 * The config: the file, the command line on top, defaults below.
 * Throws VDPA-CONFIG-001 (cannot be read), -002 (not YAML) and -003 (not a config, with every problem that it has).
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const overrides = listOverrides(options.overrides ?? {}, options.flags ?? {});
  const file = await findFile(options);
  let source: YamlSource | null = null;
  if (file !== null) {
    const { parseYaml } = await import('./parse-yaml.ts');
    source = parseYaml(file.bytes, file.shown);
  }
  const defaults = await defaultConfig();
  if (source === null && overrides.length === 0) return { config: defaults, path: null, set: [] };
  const content = applyOverrides(withoutEmptySections(source?.value ?? undefined, defaults), overrides) ?? {};
  const { configSchema } = await import('./config-schema.ts');
  const parsed = configSchema.safeParse(content);
  if (parsed.success) return { config: parsed.data, path: file?.path ?? null, set: leafKeys(content) };
  const shown = file?.shown ?? 'the command line';
  throw await configError(parsed.error.issues, { content, source, shown, overrides });
}

interface ConfigFile {
  readonly path: string;
  /** The path as it is printed. */
  readonly shown: string;
  readonly bytes: Buffer;
}

async function findFile({ path, cwd }: LoadOptions): Promise<ConfigFile | null> {
  const name = path ?? defaultConfigFile;
  const shown = printable(name);
  if (name === '' || name.includes('\0')) throw missing(quoted(name));
  const bytes = await readConfigFile(resolve(cwd, name), shown);
  if (bytes !== null) return { path: name, shown, bytes };
  if (path !== null) throw missing(shown);
  const misnamed = 'vdpactl.yml';
  if ((await readConfigFile(resolve(cwd, misnamed), misnamed)) === null) return null;
  throw new VdpaError(
    'VDPA-CONFIG-001',
    `the config file is not read under this name; it has to be ${defaultConfigFile}`,
    {
      where: misnamed,
      next: `mv ${misnamed} ${defaultConfigFile}, or name it with --config ${misnamed}`,
    },
  );
}

function missing(shown: string): VdpaError {
  return new VdpaError('VDPA-CONFIG-001', 'the config file does not exist', {
    where: shown,
    next: 'check the path, or write a config to begin with: vdpactl init FILE',
  });
}

/** `local:` with all of its keys commented out is an empty section, not a wrong one. */
function withoutEmptySections(content: unknown, defaults: unknown): unknown {
  if (!isRecord(content)) return content;
  const kept = Object.entries(content).flatMap(([key, value]) => {
    const section = valueAt(defaults, [key]);
    if (!isRecord(section)) return [[key, value]];
    return value === null ? [] : [[key, withoutEmptySections(value, section)]];
  });
  return Object.fromEntries(kept);
}

interface Loaded {
  readonly content: unknown;
  readonly source: YamlSource | null;
  readonly shown: string;
  readonly overrides: readonly Override[];
}

async function configError(
  issues: Parameters<typeof import('./problems.ts')['describeProblems']>[0],
  loaded: Loaded,
): Promise<VdpaError> {
  const [{ describeProblems }, { configJsonSchema }] = await Promise.all([
    import('./problems.ts'),
    import('./json-schema.ts'),
  ]);
  const otherVersion = isOtherVersion(valueAt(loaded.content, ['apiVersion']));
  // A file of another version is full of keys that this one does not know; saying so would only hide the reason.
  const relevant = otherVersion ? issues.filter(({ path }) => path[0] === 'apiVersion') : issues;
  const { problems, total } = describeProblems(relevant, { ...loaded, schema: configJsonSchema() }, maxListed);
  const next = otherVersion
    ? `write apiVersion: ${schemaVersion}, or use the vdpactl that this file was written for`
    : 'correct this and run the same command again; vdpactl init --stdout shows every key with its choices';
  const [first] = problems;
  if (first !== undefined && total === 1) {
    return new VdpaError('VDPA-CONFIG-003', first.what, { where: first.where, next });
  }
  const details = problems.map(({ where, what }) => `${where}: ${what}`);
  if (total > problems.length) details.push(`and ${total - problems.length} more`);
  return new VdpaError('VDPA-CONFIG-003', `the config has ${total} problems`, { where: loaded.shown, details, next });
}

function isOtherVersion(version: unknown): boolean {
  return typeof version === 'string' && /^vdpactl\/v\d/.test(version) && version !== schemaVersion;
}
