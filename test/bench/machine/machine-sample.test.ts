// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sampleMachine } from '../../../src/bench/machine/machine-sample.ts';
import { openRoot } from '../../../src/platform/root-fs.ts';

const roots: string[] = [];

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-machine-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) {
    rmSync(root, { recursive: true, force: true });
  }
});

const common = {
  'proc/stat': 'cpu  10 0 20 300 0 0 0 4 0 0\ncpu0 10 0 20 300 0 0 0 4 0 0\n',
  'proc/loadavg': '0.50 0.40 0.30 2/84 26187\n',
  'proc/self/status': 'Name:\tnode\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n',
  'sys/devices/system/cpu/online': '0-3\n',
};

describe('sampleMachine', () => {
  it('takes the strictest quota and all the throttling from the group up to the root (v2)', () => {
    const root = tree({
      ...common,
      'proc/self/cgroup': '0::/a/b\n',
      'proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
      'sys/fs/cgroup/cpu.stat': 'usage_usec 5\n',
      'sys/fs/cgroup/a/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/a/cpu.stat': 'nr_throttled 2\nthrottled_usec 500000\n',
      'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/a/b/cpu.stat': 'nr_throttled 1\nthrottled_usec 250000\n',
      'proc/7/stat': '7 (l3fwd) R 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 3 0 100 0\n',
      'sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'schedutil\n',
    });
    const sample = sampleMachine(openRoot(root), { pids: [7], now: 12345 });
    expect(sample).toMatchObject({
      at: 12345,
      load: { one: 0.5 },
      throttling: { throttledPeriods: 3, throttledSeconds: 0.75 },
      quotaCpus: 1.5,
      onlineCpus: [0, 1, 2, 3],
      allowedCpus: [0, 1, 2, 3],
      governors: [{ cpu: 0, governor: 'schedutil' }],
      ownTicks: 175,
    });
    expect(sample.stat?.byCpu[0]?.ticks.steal).toBe(4);
  });

  it('reads the files of v1', () => {
    const root = tree({
      ...common,
      'proc/self/cgroup': '4:cpu,cpuacct:/\n',
      'proc/self/mountinfo': '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu/cpu.stat': 'nr_periods 9\nnr_throttled 1\nthrottled_time 1000000\n',
    });
    expect(sampleMachine(openRoot(root), { pids: [], now: 0 })).toMatchObject({
      throttling: { throttledPeriods: 1, throttledSeconds: 0.001 },
      quotaCpus: 2,
      ownTicks: null,
    });
  });

  it('is all null where there is nothing to read', () => {
    expect(sampleMachine(openRoot(tree({})), { pids: [1], now: 0 })).toEqual({
      ...{ at: 0, stat: null, load: null, throttling: null, quotaCpus: null },
      ...{ onlineCpus: null, allowedCpus: null, governors: [], ownTicks: null },
    });
  });

  it('does not count own time when one of the processes is gone', () => {
    const root = tree({ ...common, 'proc/7/stat': '7 (x) R 1 2 3 4 5 6 7 8 9 10 1 1 0 0\n' });
    expect(sampleMachine(openRoot(root), { pids: [7, 8], now: 0 }).ownTicks).toBeNull();
  });

  it('reads the machine that it runs on', () => {
    const sample = sampleMachine(openRoot('/'), { pids: [process.pid], now: Date.now() });
    expect(sample.ownTicks).toBeGreaterThanOrEqual(0);
    expect(sample.allowedCpus?.length).toBeGreaterThan(0);
  });
});
