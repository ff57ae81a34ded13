// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { hopsOf, lostAt } from '../../../../src/bench/report/charts/hops.ts';
import { overcommittedReport } from '../sample-reports.ts';

const unknown = { backendFromWire: null, backendToWorkload: null, backendFromWorkload: null, backendToWire: null };

describe('hopsOf', () => {
  it('says how many packets were lost before each hop', () => {
    expect(hopsOf(overcommittedReport()).map(({ lostBefore }) => lostBefore)).toEqual([
      null,
      0,
      51_586_304 - 1_989_376,
      64,
      11_712,
      0,
    ]);
  });

  it('says nothing about what was not counted', () => {
    const hops = hopsOf(overcommittedReport({ backendCounts: unknown }));
    expect(hops.map(({ lostBefore }) => lostBefore)).toEqual([null, null, null, null, null, null]);
    expect(lostAt(hops, 'backend', 'forth')).toBeNull();
  });

  it('never says that less than nothing was lost', () => {
    const { path } = overcommittedReport();
    const hops = hopsOf({ path: { ...path, generatorReceived: (path.backendToWire ?? 0) + 5 } });
    expect(lostAt(hops, 'wire', 'back')).toBe(0);
  });
});
