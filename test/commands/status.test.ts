// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addGlobalOptions, provideContext } from '../../src/commands/command.ts';
import { statusCommand } from '../../src/commands/status.ts';
import { silentProgress } from '../../src/output/progress.ts';
import { scratch } from '../fixtures/scratch.ts';
import { runCommand } from './run-command.ts';

const { folder } = scratch();

it('refuses to ask agents where no cluster is meant, instead of leaving them out', async () => {
  const asked = runCommand(statusCommand(), ['--devices', '--run-dir', join(folder(), 'run')], folder());
  await expect(asked).rejects.toMatchObject({
    code: 'VDPA-USAGE-001',
    message: '--devices asks the agents of a cluster, and no cluster is meant',
  });
});

it('refuses to ask agents that show nothing, and to ask all of them at each change', async () => {
  writeFileSync(join(folder(), 'loopback.yaml'), 'apiVersion: vdpactl/v1\nkubernetes: {agentPages: loopback}\n');
  const loopback = ['--devices', '--target', 'kubernetes', '--config', 'loopback.yaml'];
  await expect(runCommand(statusCommand(), loopback, folder())).rejects.toMatchObject({
    where: 'kubernetes.agentPages',
  });
  const watching = ['--devices', '--watch', '--target', 'kubernetes'];
  await expect(runCommand(statusCommand(), watching, folder())).rejects.toMatchObject({ code: 'VDPA-USAGE-001' });
});

it('with --watch prints what is on this machine again when it changes, until it is interrupted', async () => {
  const interrupt = new AbortController();
  const printed: string[] = [];
  const codes: number[] = [];
  provideContext(() => ({
    env: {},
    cwd: folder(),
    signal: interrupt.signal,
    progress: silentProgress,
    stdout: (text) => printed.push(text),
    emit: async (_doc, text) => void printed.push(await text()),
    setExitCode: (code) => codes.push(code),
  }));
  const root = join(folder(), 'run');
  const command = addGlobalOptions(statusCommand()).exitOverride();
  const running = command.parseAsync(['--watch', '--run-dir', root], { from: 'user' });
  running.catch(() => {});
  await expect.poll(() => printed, { timeout: 5_000 }).toEqual([expect.stringContaining('nothing is deployed')]);
  mkdirSync(root);
  await expect.poll(() => printed.length, { timeout: 5_000 }).toBe(2);
  expect(printed[1]).toContain('degraded');
  expect(codes).toEqual([1, 1]);
  interrupt.abort(new Error('stopped'));
  await expect(running).rejects.toThrow();
});
