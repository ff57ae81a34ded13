// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type MachineFacts, noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { errorDocument } from '../../src/output/error-text.ts';
import type { NodeFacts } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { virtioUplink } from '../fixtures/nodes.ts';
import { withTree } from '../fixtures/tree.ts';

const script = new URL('../../scripts/quickstart/huge-page-need.mjs', import.meta.url).pathname;
const report = withTree(virtioUplink, (root) => probe({ root }));

/** What `vdpactl check` says of three processes of 128 MiB. */
function checkDocument(hugepages: NodeFacts['hugepages']): object {
  const machine: MachineFacts = {
    report: { ...report, node: { ...report.node, hugepages } },
    isRoot: true,
    dpdk: null,
    missingBuildTools: [],
    memoryMiB: [128, 128, 128],
    heldMiB: [],
    pollers: 3,
    pollerCpus: [0, 1, 2],
    wireInterface: null,
    runDir: '/run/vdpactl',
    runDirProblem: null,
    longestSocketPath: 64,
    freeMiB: null,
  };
  return { checks: runChecks({ ...noFacts, machine }, { only: ['VDPA-HUGE-001'] }) };
}

function ask(input: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const pool = (sizeKiB: number, total: number, free: number): NodeFacts['hugepages'][number] => ({
  sizeKiB,
  numaNode: 0,
  total,
  free,
});

describe('the huge pages that vdpactl check finds missing', () => {
  it.each([
    ['all of them', [pool(2048, 0, 0)], '192 /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\n'],
    ['some', [pool(2048, 100, 50)], '142 /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\n'],
    ['none', [pool(2048, 300, 192)], '0\n'],
    ['none of another size', [pool(2048, 0, 0), pool(1048576, 3, 3)], '0\n'],
  ])('are %s', (_, pools, answer) => {
    expect(ask(JSON.stringify(checkDocument(pools)))).toMatchObject({ status: 0, stdout: answer });
  });

  it('cannot be had where the kernel has none', () => {
    const { status, stderr } = ask(JSON.stringify(checkDocument([])));
    expect(status).toBe(5);
    expect(stderr).toContain('this kernel has no huge pages');
  });

  it('are not known where the check could not run', () => {
    const error = new VdpaError('VDPA-CONFIG-003', 'unknown key "x"', { next: 'correct it' });
    const { status, stderr } = ask(JSON.stringify(errorDocument(error)));
    expect(status).toBe(5);
    expect(stderr).toContain('unknown key "x"');
  });

  it.each(['', 'null', '[]', '{', '{"checks":[{}]}'])('are not known from %j', (input) => {
    expect(ask(input).status).toBe(5);
  });
});
