// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckLevel, CheckRow } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import { type MachineFacts, noFacts } from '../../src/check/facts.ts';
import { type CheckSelection, firstFailure, runChecks } from '../../src/check/run-checks.ts';
import { errorCodes } from '../../src/errors/error-codes.ts';
import { nodeReport } from '../fixtures/reports.ts';

/** A machine on which nothing is wrong. */
const good: MachineFacts = {
  report: nodeReport(),
  isRoot: true,
  dpdk: { testpmd: '/usr/bin/dpdk-testpmd', version: '22.11.11' },
  missingBuildTools: [],
  memoryMiB: [128, 128, 128],
  heldMiB: [],
  pollers: 3,
  pollerCpus: [1, 2, 3],
  wireInterface: { name: 'veth0', exists: true, up: true, mac: '02:00:00:00:00:01', uplink: false, reasons: [] },
  runDir: '/run/vdpactl',
  runDirProblem: null,
  longestSocketPath: 64,
  freeMiB: 1000,
};
const wire = (change: Partial<NonNullable<MachineFacts['wireInterface']>>): Partial<MachineFacts> => ({
  wireInterface: { name: 'veth0', exists: true, up: true, mac: null, uplink: false, reasons: [], ...change },
});
const pages = (total: number, free: number): Partial<MachineFacts> => ({
  report: nodeReport({ node: { hugepages: [{ sizeKiB: 2048, numaNode: 0, total, free }] } }),
});

/** The checks of the stack of this machine. */
const machineChecks = checks.filter(({ scope }) => scope === 'machine');
const machineIds = new Set<string>(machineChecks.map(({ id }) => id));

function judge(machine: MachineFacts, selection: CheckSelection = {}): CheckRow[] {
  return runChecks({ ...noFacts, machine }, selection).filter(({ id }) => machineIds.has(id));
}

function rowOf(id: string, change: Partial<MachineFacts> = {}): CheckRow {
  const [row] = judge({ ...good, ...change }, { only: [id] });
  if (row === undefined) throw new Error(`no row for ${id}`);
  return row;
}

describe('a selection that leaves no check', () => {
  it.each<[CheckSelection, string, string]>([
    [
      { only: ['VDPA-HUGE-001'], skip: ['VDPA-HUGE-001'] },
      '--only and --skip together leave no check',
      'leave one out',
    ],
    [{ only: ['VDPA-DEVICE-003'], pre: true }, '--only and --pre together leave no check', 'leave out --pre'],
  ])('is refused, for it would pass: %j', (selection, message, next) => {
    const refused = expect.objectContaining({ code: 'VDPA-USAGE-001', message, next: expect.stringContaining(next) });
    expect(() => runChecks(noFacts, selection)).toThrow(refused);
  });
});

describe('each check', () => {
  it('passes on a machine on which nothing is wrong', () => {
    const rows = judge(good);
    expect(rows.map(({ id }) => id)).toEqual(machineChecks.map(({ id }) => id));
    for (const row of rows) expect(row, row.id).toMatchObject({ level: 'pass', hint: null, where: null });
  });

  const cases: [string, string, Partial<MachineFacts>, CheckLevel, RegExp, RegExp | null][] = [
    ['VDPA-ROOT-001', 'an ordinary user', { isRoot: false }, 'fail', /an ordinary user/, /sudo/],
    ['VDPA-DPDK-001', 'no DPDK', { dpdk: null }, 'fail', /no dpdk-testpmd/, /apt-get install dpdk/],
    [
      'VDPA-DPDK-001',
      'a DPDK that does not say its version',
      { dpdk: { testpmd: '/x/testpmd', version: null } },
      'pass',
      /\/x\/testpmd, DPDK of unknown version/,
      null,
    ],
    [
      'VDPA-DPDK-002',
      'no compiler',
      { missingBuildTools: ['a C compiler (gcc)', 'make'] },
      'fail',
      /missing: a C compiler \(gcc\), make/,
      /apt-get install gcc make/,
    ],
    [
      'VDPA-HUGE-001',
      'a kernel without huge pages',
      { report: nodeReport({ node: { hugepages: [] } }) },
      'fail',
      /no huge pages/,
      /CONFIG_HUGETLBFS/,
    ],
    [
      'VDPA-HUGE-001',
      'none set aside',
      pages(0, 0),
      'fail',
      /^0 free of 0 of 2048 KiB$/,
      /set aside 192 more: echo 192 > .*hugepages-2048kB\/nr_hugepages$/,
    ],
    [
      'VDPA-HUGE-001',
      'others that use some',
      pages(200, 100),
      'fail',
      /^100 free of 200/,
      /set aside 92 more: echo 292 >/,
    ],
    ['VDPA-HUGE-001', 'just enough', pages(192, 192), 'pass', /^192 free of 192/, null],
    [
      'VDPA-HUGE-001',
      'enough once the running backends are replaced',
      { ...pages(256, 128), heldMiB: [128] },
      'pass',
      /^192 free of 256/,
      null,
    ],
    ['VDPA-CPU-001', 'two CPUs', { pollerCpus: [0, 1] }, 'warn', /^2 CPUs for 3 busy-polling processes$/, /fraction/],
    ['VDPA-CPU-001', 'one', { pollerCpus: [0] }, 'warn', /^1 CPU for 3/, /fraction/],
    ['VDPA-WIRE-001', 'another wire', { wireInterface: null }, 'skip', /not an interface/, null],
    ['VDPA-WIRE-001', 'no such interface', wire({ exists: false, up: false }), 'fail', /no such interface/, /ip link/],
    ['VDPA-WIRE-001', 'one that is down', wire({ up: false }), 'fail', /down/, /ip link set veth0 up/],
    ['VDPA-UPLINK-001', 'another wire', { wireInterface: null }, 'skip', /not an interface/, null],
    ['VDPA-UPLINK-001', 'no such interface', wire({ exists: false }), 'skip', /not an interface/, null],
    [
      'VDPA-UPLINK-001',
      'an uplink',
      wire({ uplink: true, reasons: ['has an address', 'carries the default route'] }),
      'fail',
      /^has an address; carries the default route$/,
      /Nothing overrides this/,
    ],
    ['VDPA-PATH-001', 'a path that just fits', { longestSocketPath: 107 }, 'pass', /107 bytes at most/, null],
    [
      'VDPA-PATH-001',
      'a path that is a byte too long',
      { longestSocketPath: 108 },
      'fail',
      /108 bytes/,
      /at least 1 bytes? shorter/,
    ],
    [
      'VDPA-RUNDIR-001',
      'something of others in it',
      { runDirProblem: 'it holds etc' },
      'fail',
      /it holds etc/,
      /--run-dir/,
    ],
    ['VDPA-DISK-001', 'little room', { freeMiB: 15 }, 'fail', /^15 MiB$/, /df/],
    ['VDPA-DISK-001', 'just enough room', { freeMiB: 16 }, 'pass', /^16 MiB$/, null],
    ['VDPA-DISK-001', 'room that cannot be told', { freeMiB: null }, 'skip', /cannot be told/, null],
  ];

  it.each(cases)('%s with %s', (id, _what, change, level, found, hint) => {
    const row = rowOf(id, change);
    expect(row).toMatchObject({
      id,
      level,
      found: expect.stringMatching(found),
      doc: `docs/checks.md#${id.toLowerCase()}`,
    });
    if (hint === null) expect(row.hint).toBeNull();
    else expect(row.hint).toMatch(hint);
  });

  it('has a case here in which it is not content', () => {
    const judged = new Set(cases.filter(([, , , level]) => level === 'fail' || level === 'warn').map(([id]) => id));
    expect([...judged].sort()).toEqual([...machineIds].sort());
  });
});

const count = fc.nat(100_000);
const facts: fc.Arbitrary<MachineFacts> = fc.record({
  report: fc
    .array(fc.record({ sizeKiB: fc.integer({ min: 1 }), numaNode: fc.option(fc.nat()), total: count, free: count }), {
      maxLength: 4,
    })
    .map((hugepages) => nodeReport({ node: { hugepages } })),
  isRoot: fc.boolean(),
  dpdk: fc.option(fc.record({ testpmd: fc.string(), version: fc.option(fc.string()) })),
  missingBuildTools: fc.array(fc.string(), { maxLength: 3 }),
  memoryMiB: fc.array(count, { maxLength: 4 }),
  heldMiB: fc.array(count, { maxLength: 4 }),
  pollers: count,
  pollerCpus: fc.array(count, { maxLength: 4 }),
  wireInterface: fc.option(
    fc.record({
      name: fc.string(),
      exists: fc.boolean(),
      up: fc.boolean(),
      mac: fc.option(fc.string()),
      uplink: fc.boolean(),
      reasons: fc.array(fc.string(), { maxLength: 2 }),
    }),
  ),
  runDir: fc.string(),
  runDirProblem: fc.option(fc.string()),
  longestSocketPath: count,
  freeMiB: fc.option(count),
});

describe('any facts', () => {
  it('are judged, each by every check, and what is not right says what to do', () => {
    fc.assert(
      fc.property(facts, (any) => {
        const rows = judge(any);
        expect(rows).toHaveLength(machineChecks.length);
        for (const row of rows) expect(row.hint !== null, row.id).toBe(row.level === 'warn' || row.level === 'fail');
        const failed = rows.filter(({ level }) => level === 'fail');
        const failure = firstFailure(rows);
        expect(failure?.code).toBe(failed[0]?.id);
        expect(failure?.details ?? []).toHaveLength(Math.max(0, failed.length - 1));
        // An uplink is refused whatever else is the case.
        if (any.wireInterface?.exists === true && any.wireInterface.uplink)
          expect(failed.map(({ id }) => id)).toContain('VDPA-UPLINK-001');
      }),
    );
  });
});

describe('the choice of checks', () => {
  it('is all, some, or all but some', () => {
    expect(judge(good, { only: ['VDPA-DISK-001', 'VDPA-ROOT-001'] }).map(({ id }) => id)).toEqual([
      'VDPA-ROOT-001',
      'VDPA-DISK-001',
    ]);
    expect(judge(good, { skip: ['VDPA-ROOT-001'] }).map(({ id }) => id)).not.toContain('VDPA-ROOT-001');
    const both = { only: ['VDPA-ROOT-001', 'VDPA-DISK-001'], skip: ['VDPA-ROOT-001'] };
    expect(judge(good, both).map(({ id }) => id)).toEqual(['VDPA-DISK-001']);
  });

  it('makes a warning of a failure that is to be ignored, and of nothing else', () => {
    const ignore = ['VDPA-ROOT-001', 'VDPA-CPU-001'];
    const rows = judge({ ...good, isRoot: false, pollerCpus: [0], freeMiB: 0 }, { ignore });
    const levels = Object.fromEntries(rows.map(({ id, level }) => [id, level]));
    expect(levels).toMatchObject({
      'VDPA-ROOT-001': 'warn',
      'VDPA-CPU-001': 'warn',
      'VDPA-DISK-001': 'fail',
      'VDPA-DPDK-001': 'pass',
    });
    expect(firstFailure(rows)?.code).toBe('VDPA-DISK-001');
  });

  it.each(['only', 'skip', 'ignore'] as const)(
    'refuses a check that there is not, in %s, and names those that there are',
    (key) => {
      expect(() => judge(good, { [key]: ['VDPA-ROOT-002'] })).toThrow(
        expect.objectContaining({
          code: 'VDPA-USAGE-001',
          next: expect.stringContaining('VDPA-ROOT-001, VDPA-DPDK-001'),
        }),
      );
    },
  );
});

describe('the error of a failing check', () => {
  it('has its code, where, and what to do, and names the other failures', () => {
    const failure = firstFailure(judge({ ...good, dpdk: null, freeMiB: 3 }));
    expect(failure).toMatchObject({
      code: 'VDPA-DPDK-001',
      exitCode: errorCodes['VDPA-DPDK-001'].exit,
      message: expect.stringMatching(/not installed: found no dpdk-testpmd in PATH; needed: DPDK 22\.11 or later/),
      next: expect.stringContaining('apt-get'),
      details: [expect.stringMatching(/^also VDPA-DISK-001: .*found 3 MiB/)],
    });
  });

  it('is none where none fails', () => {
    expect(firstFailure(judge({ ...good, pollerCpus: [0] }))).toBeNull();
    expect(firstFailure([])).toBeNull();
  });
});

describe('the table', () => {
  it('has every id once, and the checks of a category together', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    const headings = checks
      .map(({ category }) => category)
      .filter((category, index, all) => category !== all[index - 1]);
    expect(new Set(headings).size).toBe(headings.length);
  });

  it('shares ids with errors only where a deployment stops with that error', () => {
    const codes = new Set<string>(Object.keys(errorCodes));
    const shared = checks.filter(({ id }) => codes.has(id)).map(({ id, scope }) => `${id} ${scope}`);
    expect(shared.filter((each) => !/ (?:machine|cluster)$/.test(each))).toEqual([]);
  });

  it('says of each check what it is about, in a few sentences', () => {
    for (const { id, about } of checks) {
      expect(id).toMatch(/^VDPA-[A-Z]+-\d{3}$/);
      expect(about.join(' ').length, id).toBeGreaterThan(100);
    }
  });

  it('skips all whose part of the facts was not asked for, and says which', () => {
    const rows = runChecks(noFacts);
    expect(rows).toHaveLength(checks.length);
    for (const row of rows) {
      expect(row, row.id).toMatchObject({ level: 'skip', node: null, hint: null, where: null, data: null });
      expect(row.found).toMatch(/provider local|no node|no manifest|no cluster/);
    }
  });

  it('leaves out for --pre what only holds once something is installed', () => {
    const ids = runChecks(noFacts, { pre: true }).map(({ id }) => id);
    expect(ids).toEqual(checks.filter(({ pre }) => pre).map(({ id }) => id));
    expect(ids).not.toContain('VDPA-DEVICE-003');
  });
});
