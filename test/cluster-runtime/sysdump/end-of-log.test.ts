// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { endOfLog } from '../../../src/cluster/sysdump/collect/end-of-log.ts';

const { signal } = new AbortController();
const log = { namespace: 'a', name: 'b', container: 'c', previous: false };

/** A log as kubelet hands it out: the last lines, of which the first bytes. */
function client(lines: readonly string[]): Pick<KubeClient, 'text'> & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    async text({ query = {} }, limitBytes) {
      asked.push(Number(query['tailLines']));
      const text = lines
        .slice(-Number(query['tailLines']))
        .map((line) => `${line}\n`)
        .join('');
      return { text: text.slice(0, limitBytes), truncated: text.length > limitBytes };
    },
  };
}

describe('endOfLog', () => {
  it.each([
    ['short lines', Array.from({ length: 5000 }, (_, index) => `line ${index}`), 4000],
    ['long lines', Array.from({ length: 2000 }, (_, index) => `line ${index} ${'x'.repeat(500)}`), 8000],
    ['lines that get longer', Array.from({ length: 1000 }, (_, index) => `line ${index} ${'x'.repeat(index)}`), 4000],
  ])('has the last line of %s, and much of what fits', async (_what, lines, least) => {
    const text = await endOfLog(client(lines), log, { sinceSeconds: null, limitBytes: 20_000 }, signal);
    expect(text.endsWith(`${lines.at(-1)}\n`)).toBe(true);
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text.length).toBeGreaterThan(least);
  });

  it('asks once for what fits, and gives up on one line that does not', async () => {
    const short = client(['one', 'two']);
    expect(await endOfLog(short, log, { sinceSeconds: 60, limitBytes: 20_000 }, signal)).toBe('one\ntwo\n');
    expect(short.asked).toHaveLength(1);
    const long = client(['x'.repeat(100_000)]);
    expect(await endOfLog(long, log, { sinceSeconds: 60, limitBytes: 20_000 }, signal)).toHaveLength(20_000);
    expect(long.asked.length).toBeLessThan(10);
  });
});
