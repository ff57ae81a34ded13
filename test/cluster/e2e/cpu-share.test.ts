// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../fixtures/scratch.ts';
import { limitCpu } from './cpu-share.ts';

const { folder } = scratch();
const v1 = (quota: number, period = 100_000) => ({ 'cpu.cfs_quota_us': `${quota}`, 'cpu.cfs_period_us': `${period}` });
const v2 = (quota: number | 'max', period = 100_000) => ({ 'cpu.max': `${quota} ${period}` });
type Limit = Readonly<Record<string, string>>;

function write(group: string, files: Limit): void {
  mkdirSync(group, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(group, name), `${text}\n`);
}

const read = (group: string): Limit =>
  Object.fromEntries(readdirSync(group).map((name) => [name, readFileSync(join(group, name), 'utf8').trim()]));

describe.each([
  ['v1', 'cpu/', v1(-1), v1],
  ['v2', '', v2('max'), v2],
] as const)('a share of a CPU, in a tree of cgroup %s', (_version, hierarchy, none, limit) => {
  it.each<[string, string, Limit, Limit, number, Limit]>([
    ['is given to a container without one', 'burstable', none, none, 0.5, limit(10_000, 20_000)],
    ['is a whole number of microseconds', '', none, none, 0.55, limit(11_000, 20_000)],
    ['takes the place of more', 'besteffort', none, limit(200_000), 0.25, limit(5_000, 20_000)],
    ['leaves less as it is', 'burstable', none, limit(20_000), 0.25, limit(20_000)],
    ['leaves alone what is in a pod with less', 'burstable', limit(10_000), none, 0.25, none],
  ])('%s', (_what, quality, ofPod, ofContainer, share, expected) => {
    const pod = (uid: string) => join(folder(), hierarchy, 'vdpalab7', 'kubepods', quality, `pod${uid}`);
    for (const uid of ['mine', 'other']) {
      write(pod(uid), ofPod);
      write(join(pod(uid), 'one'), ofContainer);
    }
    limitCpu('mine', share, folder());
    expect(read(join(pod('mine'), 'one'))).toEqual(expected);
    expect(read(join(pod('other'), 'one'))).toEqual(ofContainer);
  });
});

it('is nothing to a pod that is not there', () => {
  expect(() => limitCpu('mine', 0.5, join(folder(), 'none'))).not.toThrow();
});
