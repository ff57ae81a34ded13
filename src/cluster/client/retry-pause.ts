// SPDX-License-Identifier: Apache-2.0
import type { ApiRequest } from './api-request.ts';

const longestPauseMs = 10_000;

/** How long to wait before a request that was refused is sent again, ms; null: it is not. */
export function pauseAfterStatus(
  status: number,
  retryAfter: string | undefined,
  request: ApiRequest,
  attempt: number,
): number | null {
  // With Retry-After the server says that it has not done it.
  if (retryAfter !== undefined && /^\d+$/.test(retryAfter) && (status === 429 || status >= 500)) {
    return Math.min(Number(retryAfter) * 1000, longestPauseMs);
  }
  if (status === 429) return backOff(attempt);
  return status >= 500 && isRepeatable(request) && attempt < 4 ? backOff(attempt) : null;
}

/** Doing it twice is the same as doing it once. A server that failed may have done it. */
export function isRepeatable({ method = 'GET', contentType, repeatable }: ApiRequest): boolean {
  if (repeatable !== undefined) return repeatable;
  return (
    method === 'GET' || method === 'DELETE' || (method === 'PATCH' && contentType !== 'application/json-patch+json')
  );
}

/** Ever longer, ms, for the n-th attempt from 0. */
export const backOff = (attempt: number): number => Math.min(100 * 2 ** attempt, 3_000);
