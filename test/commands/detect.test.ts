// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { detectCommand } from '../../src/commands/detect.ts';
import { awsNode } from '../fixtures/cluster-nodes.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdpactl-detect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const detect = (...args: readonly string[]) => runCommand(detectCommand(), args, folder);

describe('detect', () => {
  it.each([
    [['--nodes', 'a=b'], '--nodes goes with --cluster only'],
    [['--context', 'a'], '--context goes with --cluster only'],
    [['--ssh', 'host', '--as', 'jane'], '--as goes with --cluster only'],
    [['--force'], '--force goes with --save only'],
    [['--parallel', '3'], '--parallel goes with --cluster or --ssh only'],
    [['--timeout', '3'], '--timeout goes with --cluster or --ssh only'],
  ])('%j: %s', async (args, message) => {
    await expect(detect(...args)).rejects.toMatchObject({ code: 'VDPA-USAGE-001', message });
  });

  it.each([
    [['--cluster', '--ssh', 'host']],
    [['--cluster', '--from', 'file']],
    [['--ssh', 'host', '--root', '/']],
    [['--cluster', '--save', 'file']],
    [['--parallel', '0']],
  ])('refuses %j', async (args) => {
    await expect(detect(...args)).rejects.toMatchObject({ name: 'CommanderError' });
  });

  it('looks for a cluster only when it is asked to', async () => {
    await expect(detect('--cluster', '--kubeconfig', 'missing')).rejects.toMatchObject({ code: 'VDPA-CLUSTER-001' });
  });

  it('prints many saved reports as one table, and as a document that it reads again', async () => {
    for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.json`), JSON.stringify(awsNode(name)));
    const files = ['--from', 'a.json', '--from', 'b.json'];
    expect(await detect(...files)).toMatch(/^node .*\na .*\nb .*\n\ntestpmd: one packet copy each way\n\n2 nodes, /);
    const document = await detect(...files, '-o', 'json');
    writeFileSync(join(folder, 'both.json'), document);
    expect(await detect('--from', 'both.json', '-o', 'json')).toBe(document);
  });
});
