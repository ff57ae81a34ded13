// SPDX-License-Identifier: Apache-2.0
import type { Config, ConfigKey } from './config-schema.ts';
import { isRecord } from './plain-data.ts';

/** Settings from the command line, shaped like the config; what is undefined was not given. */
export type ConfigOverrides = DeepPartial<Config>;

type DeepPartial<Value> = Value extends readonly unknown[] | null
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: DeepPartial<Value[Key]> | undefined }
    : Value;

/** The flag that a setting came from, where it is not the last word of its key in kebab case. */
export type FlagNames = Readonly<Partial<Record<ConfigKey, string>>>;

export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly flag: string;
}

/** The settings that were given, each with the flag that a user knows it by. */
export function listOverrides(overrides: ConfigOverrides, flags: FlagNames): readonly Override[] {
  const names = new Map<string, string>(Object.entries(flags));
  const leaves = (value: unknown, path: readonly string[]): Override[] => {
    if (value === undefined) return [];
    if (isRecord(value)) return Object.entries(value).flatMap(([key, below]) => leaves(below, [...path, key]));
    return [{ path, value, flag: names.get(path.join('.')) ?? `--${kebabCase(path.at(-1) ?? '')}` }];
  };
  return leaves(overrides, []);
}

/** A copy of the file's content with the overrides on top. A section that is no map is left for validation to find. */
export function applyOverrides(content: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((merged, { path, value }) => put(merged, path, value), content);
}

function put(content: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (content !== undefined && !isRecord(content)) return content;
  return { ...content, [key]: put(content?.[key], rest, value) };
}

function kebabCase(word: string): string {
  return word.replace(/[A-Z]+/g, (capitals) => `-${capitals.toLowerCase()}`);
}
