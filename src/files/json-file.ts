// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { readTextFile } from './write-atomic.ts';

/** Reads one of our own JSON files; null when it is missing, damaged, or of another version. */
export function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> | null {
  return parseJson(readTextFile(path), schema);
}

/** The same of a text that was read; null for null. */
export function parseJson<Schema extends z.ZodType>(text: string | null, schema: Schema): z.infer<Schema> | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
