// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { CheckRow } from '../../src/check/check.ts';
import { checkText } from '../../src/output/check-text.ts';

const row = (change: Partial<CheckRow>): CheckRow => ({
  id: 'VDPA-ROOT-001',
  node: null,
  category: 'machine',
  title: 'running as root',
  level: 'pass',
  found: 'root',
  needed: 'root',
  hint: null,
  where: null,
  data: null,
  doc: 'docs/checks.md#vdpa-root-001',
  ...change,
});

it('shows the checks by category, and of what is not right what is needed and what to do', () => {
  const text = checkText([
    row({}),
    row({
      id: 'VDPA-CPU-001',
      category: 'cpu',
      title: 'a CPU each',
      level: 'warn',
      found: '2',
      needed: '3',
      hint: 'say so',
    }),
    row({
      id: 'VDPA-DISK-001',
      category: 'files',
      title: 'room',
      level: 'fail',
      found: '3 MiB',
      needed: '16 MiB',
      hint: 'free some',
    }),
    row({
      id: 'VDPA-PATH-001',
      category: 'files',
      title: 'paths fit',
      level: 'skip',
      found: 'cannot be told',
      needed: '',
    }),
  ]);
  expect(text).toBe(
    `machine
  √ VDPA-ROOT-001    running as root: root

cpu
  ‼ VDPA-CPU-001     a CPU each: 2
      needed: 3
      to do:  say so
      see:    docs/checks.md#vdpa-root-001

files
  × VDPA-DISK-001    room: 3 MiB
      needed: 16 MiB
      to do:  free some
      see:    docs/checks.md#vdpa-root-001
  - VDPA-PATH-001    paths fit: cannot be told

1 passed, 1 warned, 1 failed, 1 not applicable
`,
  );
});

it('says so when no check was chosen', () => {
  expect(checkText([])).toBe('0 passed, 0 warned, 0 failed, 0 not applicable\n');
});

it('says once why many checks do not apply', () => {
  const skipped = (id: CheckRow['id'], found: string): CheckRow => row({ id, level: 'skip', found, needed: '' });
  const text = checkText([
    row({}),
    skipped('VDPA-POOL-001', 'no manifest was given'),
    skipped('VDPA-POOL-002', 'no manifest was given'),
    skipped('VDPA-POOL-003', 'no manifest was given'),
    skipped('VDPA-WIRE-001', 'the wire is not an interface'),
  ]);
  expect(text).toBe(
    `machine
  √ VDPA-ROOT-001    running as root: root
  - VDPA-WIRE-001    running as root: the wire is not an interface

  - 3 checks         no manifest was given

1 passed, 0 warned, 0 failed, 4 not applicable
`,
  );
});

it('names the node where there are several, and says once what passes on all', () => {
  const cpus = (node: string, change: Partial<CheckRow> = {}): CheckRow =>
    row({ id: 'VDPA-CPU-002', node, category: 'cpu', title: 'CPUs are free', found: '2-5 are isolated', ...change });
  const bad = { level: 'warn', found: 'none', needed: '2', hint: 'isolate some' } as const;
  const text = checkText([cpus('a'), cpus('node-b', bad), cpus('c')]);
  expect(text).toBe(
    `cpu
  √ VDPA-CPU-002     2 nodes CPUs are free: 2-5 are isolated
  ‼ VDPA-CPU-002     node-b  CPUs are free: none
      needed: 2
      to do:  isolate some
      see:    docs/checks.md#vdpa-root-001

2 passed, 1 warned, 0 failed, 0 not applicable
`,
  );
});
