// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuCgroup } from '../../../src/bench/machine/cgroup-paths.ts';
import {
  parseCgroupCpuStat,
  parseCpuModel,
  parseCpuQuota,
  parseLoadavg,
  parseProcessTicks,
  parseProcStat,
} from '../../../src/bench/machine/proc-parsers.ts';
import '../fixture.ts';

describe('parseProcStat', () => {
  it('reads the sum and each CPU', () => {
    const text =
      'cpu  63709 0 9165 329433 962 0 262 769 0 0\ncpu0 31876 1 3710 166127 90 2 19 349 5 6\nintr 778874 0\n';
    expect(parseProcStat(text)).toEqual({
      all: { user: 63709, nice: 0, system: 9165, idle: 329433, iowait: 962, irq: 0, softirq: 262, steal: 769 },
      byCpu: [
        {
          cpu: 0,
          ticks: { user: 31876, nice: 1, system: 3710, idle: 166127, iowait: 90, irq: 2, softirq: 19, steal: 349 },
        },
      ],
    });
  });

  it('reads an old kernel without the later columns', () => {
    expect(parseProcStat('cpu 1 2 3 4\n').all).toMatchObject({ idle: 4, steal: 0 });
  });

  it.each(['', 'cpu', 'cpu 1 2 3', 'cpux 1 2 3 4', 'cpu0 1 2 3 99999999999999999999', 'cpu -1 2 3 4'])(
    'finds nothing in %j',
    (text) => {
      expect(parseProcStat(text)).toEqual({ all: null, byCpu: [] });
    },
  );
});

describe('parseLoadavg', () => {
  it('reads it', () => {
    expect(parseLoadavg('0.39 0.31 10.40 2/84 26187\n')).toEqual({
      ...{ one: 0.39, five: 0.31, fifteen: 10.4, runnable: 2, tasks: 84 },
    });
  });

  it.each(['', '0.39', '0.39 0.31 nan 1/84 1', 'a b c'])('finds nothing in %j', (text) => {
    expect(parseLoadavg(text)).toBeNull();
  });
});

describe('parseCgroupCpuStat', () => {
  it.each([
    [
      'v1',
      'nr_periods 10\nnr_throttled 3\nthrottled_time 250000000\nnr_bursts 0\nburst_time 0\n',
      { throttledPeriods: 3, throttledSeconds: 0.25 },
    ],
    [
      'v2',
      'usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 10\nnr_throttled 3\nthrottled_usec 250000\n',
      { throttledPeriods: 3, throttledSeconds: 0.25 },
    ],
    ['the root of v2, which has no limit', 'usage_usec 5\nuser_usec 3\nsystem_usec 2\n', null],
    ['nothing', '', null],
    ['nonsense', 'nr_throttled x\nthrottled_usec 1\n', null],
  ])('%s', (_, text, expected) => {
    expect(parseCgroupCpuStat(text)).toEqual(expected);
  });
});

describe('parseCpuQuota', () => {
  it.each([
    [{ version: 2, max: 'max 100000\n' }, null],
    [{ version: 2, max: '150000 100000\n' }, 1.5],
    [{ version: 2, max: '50000' }, 0.5],
    [{ version: 2, max: '' }, null],
    [{ version: 2, max: '1 0' }, null],
    [{ version: 1, quotaUs: '-1\n', periodUs: '100000\n' }, null],
    [{ version: 1, quotaUs: '250000\n', periodUs: '100000\n' }, 2.5],
    [{ version: 1, quotaUs: '0', periodUs: '0' }, null],
  ] as const)('%j: %s', (text, expected) => {
    expect(parseCpuQuota(text)).toBe(expected);
  });
});

describe('parseProcessTicks', () => {
  it('is not misled by the name of the command', () => {
    const rest = 'S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 3 0 100 0';
    expect(parseProcessTicks(`12 (dpdk) testpmd (x) ${rest}`)).toBe(175);
  });

  it.each(['', '12 (x', '12 (x) S 1 2', ') '])('finds nothing in %j', (text) => {
    expect(parseProcessTicks(text)).toBeNull();
  });
});

describe('parseCpuModel', () => {
  it.each([
    ['processor\t: 0\nmodel name\t: Intel(R) Xeon(R)   Processor @ 2.60GHz\n', 'Intel(R) Xeon(R) Processor @ 2.60GHz'],
    ['processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n', 'implementer 0x41 part 0xd0c'],
    ['model name\t: \n', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(parseCpuModel(text)).toBe(expected);
  });
});

describe('cpuCgroup', () => {
  const hybridMounts = [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  ].join('\n');
  const unifiedMount = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';

  it.each([
    [
      'v1 beside an empty v2, from the group up to the mount',
      '4:cpu,cpuacct:/user/a\n3:cpuset:/\n0::/b\n',
      hybridMounts,
      {
        version: 1,
        directories: [
          'sys/fs/cgroup/cpu,cpuacct/user/a',
          'sys/fs/cgroup/cpu,cpuacct/user',
          'sys/fs/cgroup/cpu,cpuacct',
        ],
      },
    ],
    [
      'v2',
      '0::/system.slice/x.service\n',
      unifiedMount,
      {
        version: 2,
        directories: ['sys/fs/cgroup/system.slice/x.service', 'sys/fs/cgroup/system.slice', 'sys/fs/cgroup'],
      },
    ],
    [
      'a container that sees only its own group',
      '0::/kubepods/pod1/c1\n',
      '30 23 0:26 /kubepods/pod1/c1 /sys/fs/cgroup ro - cgroup2 cgroup rw',
      { version: 2, directories: ['sys/fs/cgroup'] },
    ],
    [
      'a group outside of the namespace',
      '0::/../other\n',
      unifiedMount,
      { version: 2, directories: ['sys/fs/cgroup'] },
    ],
    [
      'a mount point with a space',
      '0::/\n',
      '30 23 0:26 / /a\\040b rw - cgroup2 c rw',
      {
        version: 2,
        directories: ['a b'],
      },
    ],
    ['no mount', '0::/\n', '', null],
    ['no group', '', unifiedMount, null],
  ])('%s', (_, groups, mounts, expected) => {
    expect(cpuCgroup(groups, mounts)).toEqual(expected);
  });
});

describe('whatever the text', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('cpu', 'cpu0 ', '1 2 3 4 5 6 7 8', '\n', ' ', 'nr_throttled 1\n', 'throttled_usec ', '0::/'),
        fc.constantFrom('1 2 3 / / x - cgroup2 c rw', 'model name\t: ', ')', '/..', ' - ', '0.00 0.00 0.00 1/1 1'),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => pieces.join(''));

  it('never throws', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        parseProcStat(a);
        parseLoadavg(a);
        parseCgroupCpuStat(a);
        parseProcessTicks(a);
        parseCpuModel(a);
        cpuCgroup(a, b);
        const quotas = [parseCpuQuota({ version: 2, max: a }), parseCpuQuota({ version: 1, quotaUs: a, periodUs: b })];
        for (const quota of quotas) {
          expect(quota === null || quota > 0).toBe(true);
        }
      }),
    );
  });

  it('reads back what it was made from', () => {
    const count = fc.nat({ max: 1e12 });
    fc.assert(
      fc.property(fc.array(count, { minLength: 8, maxLength: 10 }), fc.nat({ max: 9999 }), (columns, cpu) => {
        const [user, nice, system, idle, iowait, irq, softirq, steal] = columns;
        expect(parseProcStat(`cpu${cpu} ${columns.join(' ')}\n`).byCpu).toEqual([
          { cpu, ticks: { user, nice, system, idle, iowait, irq, softirq, steal } },
        ]);
      }),
    );
  });

  it('never takes long', () => {
    for (const piece of ['cpu0 1 ', 'cpu 1 1 1 1\n', '1 ', ' - cgroup2 ', 'a/', 'nr_throttled 1\n', 'model name']) {
      const long = piece.repeat(100_000);
      const begin = performance.now();
      parseProcStat(long);
      parseLoadavg(long);
      parseCgroupCpuStat(long);
      parseProcessTicks(long);
      parseCpuModel(long);
      cpuCgroup(`0::/${long}`, `1 2 3 / /${long} rw - cgroup2 c rw`);
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });
});
