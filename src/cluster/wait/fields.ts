// SPDX-License-Identifier: Apache-2.0
import { isRecord, valueAt } from '../../config/plain-data.ts';

/** What an object says at a path, read without trust: any JSON may stand anywhere. */

export function textAt(object: unknown, ...path: readonly string[]): string {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : '';
}

/** null: no number stands there. */
export function numberAt(object: unknown, ...path: readonly string[]): number | null {
  const value = valueAt(object, path);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function recordsAt(object: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>>[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** One of the conditions in the status, by its type. */
export function conditionOf(object: unknown, type: string): Condition | null {
  const found = recordsAt(object, 'status', 'conditions').find((condition) => condition['type'] === type);
  if (found === undefined) return null;
  return { status: textAt(found, 'status'), reason: textAt(found, 'reason'), message: textAt(found, 'message') };
}

/** `Reason: message`, or whichever of the two there is. */
export function words({ reason, message }: { readonly reason: string; readonly message: string }): string {
  return [reason, message.trim()].filter((part) => part !== '').join(': ');
}
