// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Sixteen hex digits that say whether a text is the same. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
