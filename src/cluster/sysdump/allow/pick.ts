// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../../config/plain-data.ts';
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { scrub } from './scrub.ts';

/**
 * What is taken of a value, by name: `true` for a text, number or boolean, a list of one shape for each of its items, a map for
 * the keys that are named, or a function for what takes more to say. What is not named is left out, also where Kubernetes
 * comes to have more.
 */
export type Shape =
  | true
  | readonly [Shape]
  | { readonly [key: string]: Shape }
  | ((value: unknown) => Json | undefined);

/** The longest text that is taken of a field; logs are no fields. */
const longestText = 4096;

/** The part of a value that a shape names; undefined: nothing of it. */
export function pick(value: unknown, shape: Shape): Json | undefined {
  if (shape === true) return scalar(value);
  if (typeof shape === 'function') return shape(value);
  if (isList(shape)) {
    if (!Array.isArray(value)) return undefined;
    return value.flatMap((item: unknown) => pick(item, shape[0]) ?? []);
  }
  return isRecord(value) ? pickKeys(value, shape) : undefined;
}

function pickKeys(value: Record<string, unknown>, shape: { readonly [key: string]: Shape }): Json {
  const entries = Object.entries(shape).flatMap(([key, below]) => {
    if (!Object.hasOwn(value, key)) return [];
    const picked = pick(value[key], below);
    return picked === undefined ? [] : [[key, picked] as const];
  });
  return Object.fromEntries(entries);
}

function scalar(value: unknown): Json | undefined {
  if (typeof value === 'string') return scrub(value.slice(0, longestText));
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : undefined;
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

/** The entries of a map of texts whose keys are wanted. */
export function entriesWhere(isWanted: (key: string) => boolean): Shape {
  return (value) => {
    if (!isRecord(value)) return undefined;
    const wanted = Object.entries(value).flatMap(([key, text]) => {
      const picked = isWanted(key) ? scalar(text) : undefined;
      return picked === undefined ? [] : [[key, picked] as const];
    });
    return Object.fromEntries(wanted);
  };
}

/** `{"cpu": "2", "vdpactl.io/vdpa": "4"}`: amounts, and nothing else that could stand there. */
export const quantities: Shape = (value) => {
  if (!isRecord(value)) return undefined;
  const amounts = Object.entries(value).filter(
    ([key, amount]) => /^[\w./-]{1,253}$/.test(key) && /^\d{1,20}(?:\.\d{1,20})?[A-Za-z]{0,2}$/.test(String(amount)),
  );
  return Object.fromEntries(amounts.map(([key, amount]) => [key, String(amount)]));
};
