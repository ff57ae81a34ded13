// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkCommand } from '../../src/commands/check.ts';
import { probe } from '../../src/platform/probe.ts';
import { withTreeAsync } from '../check/tree-async.ts';
import { laptop, sriov } from '../fixtures/nodes.ts';
import { withTree } from '../fixtures/tree.ts';
import { runCommand } from './run-command.ts';

const rowSchema = z.strictObject({
  id: z.string().regex(/^VDPA-[A-Z]+-\d{3}$/),
  node: z.string().nullable(),
  category: z.string(),
  title: z.string(),
  level: z.enum(['pass', 'warn', 'fail', 'skip']),
  found: z.string(),
  needed: z.string(),
  hint: z.string().nullable(),
  where: z.string().nullable(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
  doc: z.string(),
});
const documentSchema = z.strictObject({ schemaVersion: z.literal('vdpactl/v1'), checks: z.array(rowSchema) });
type Row = z.infer<typeof rowSchema>;

const manifests = new URL('../fixtures/manifests/', import.meta.url).pathname;

async function check(args: readonly string[], cwd = '/'): Promise<readonly Row[]> {
  return documentSchema.parse(JSON.parse(await runCommand(checkCommand(), [...args, '-o', 'json'], cwd))).checks;
}

const levelOf = (rows: readonly Row[], id: string) => rows.filter((row) => row.id === id).map(({ level }) => level);

describe('vdpactl check', () => {
  it('checks a captured node, and nothing of the machine that it runs on', async () => {
    const rows = await withTreeAsync(sriov, (root) => check(['--root', root]));
    expect(levelOf(rows, 'VDPA-ROOT-001')).toEqual(['skip']);
    expect(levelOf(rows, 'VDPA-UPLINK-003')).toEqual(['pass']);
    expect(levelOf(rows, 'VDPA-HUGE-002')).not.toEqual(['pass']);
    expect(rows.find(({ id }) => id === 'VDPA-UPLINK-003')?.node).toBe('sriov');
  });

  it('checks each of several captured nodes', async () => {
    const reports = [laptop, sriov].map((tree) => withTree(tree, (root) => probe({ root })));
    const rows = await withTreeAsync({ 'nodes.json': JSON.stringify({ nodes: reports }) }, (root) =>
      check(['--from', 'nodes.json', '--only', 'VDPA-UPLINK-003'], root),
    );
    expect(rows.map(({ node }) => node)).toEqual(['laptop', 'sriov']);
  });

  it('checks manifests alone, or against nodes', async () => {
    const alone = await check(['-f', 'good'], manifests);
    expect(alone.filter(({ level }) => level === 'warn' || level === 'fail')).toEqual([]);
    expect(levelOf(alone, 'VDPA-POOL-006')).toEqual(['skip']);
    expect(new Set(alone.filter(({ node }) => node !== null))).toEqual(new Set());
    const against = await withTreeAsync(sriov, (root) => check(['-f', 'good', '--root', root], manifests));
    expect(levelOf(against, 'VDPA-POOL-006')).toEqual(['fail']);
  });

  it('checks several manifests, and chooses checks', async () => {
    const rows = await check(
      ['-f', 'good/stack.yaml', '-f', 'demo-2019', '--only', 'VDPA-MANIFEST-001,VDPA-POOL-002'],
      manifests,
    );
    expect(rows.map(({ id, found }) => `${id} ${found.slice(0, 10)}`)).toEqual([
      'VDPA-MANIFEST-001 10 objects',
      'VDPA-POOL-002 intel.com/',
    ]);
  });

  it('leaves out with --pre what only holds later', async () => {
    const rows = await withTreeAsync(sriov, (root) => check(['--root', root, '--pre']));
    expect(levelOf(rows, 'VDPA-DEVICE-003')).toEqual([]);
    expect(levelOf(rows, 'VDPA-DEVICE-001')).toHaveLength(1);
  });

  it('refuses manifests that are not there', async () => {
    await expect(check(['-f', 'gone'], manifests)).rejects.toMatchObject({ code: 'VDPA-CHECK-001', where: 'gone' });
  });
});
