// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeLocal, type TestStack, useStack } from './helpers/stack.ts';
import { onMeasuredPath, untilPacketsComeBack, untilPacketsPass } from './helpers/traffic.ts';

/** A backend that was killed is back in half a second; on a busy machine it may take longer, ms. */
const recoveryMs = 15_000;

async function pidOf(stack: TestStack, name: string, code = 0): Promise<number> {
  const { parts, devices } = await stack.status(code);
  const pid = parts.find((part) => part.name === name)?.pid ?? devices.find(({ device }) => device === name)?.pid;
  if (pid == null) throw new Error(`${name} does not run`);
  return pid;
}

async function killed(stack: TestStack, name: string, code = 0): Promise<number> {
  const pid = await pidOf(stack, name, code);
  process.kill(pid, 'SIGKILL');
  return pid;
}

describeLocal('a part that is killed', () => {
  const stack = useStack();

  it('backend, under traffic: the workload stays the same process and its packets come back', async () => {
    await stack().deploy();
    await onMeasuredPath(stack(), null, async (path) => {
      await untilPacketsPass(path, recoveryMs);
      await path.generator.startForwarding('flowgen');
      const before = path.backendPid();
      process.kill(before, 'SIGKILL');
      await sleep(200);
      // DPDK's memif may have taken the generator along, or hung it.
      await path.generator.stopForwarding().catch(() => path.restartGenerator());
      await untilPacketsComeBack(path, recoveryMs);
      expect(path.backendPid()).not.toBe(before);
      expect(path.workload.isAlive()).toBe(true);
      const { state, devices } = await stack().status();
      expect(state).toBe('healthy');
      expect(devices).toMatchObject([
        { pid: path.backendPid(), restarts: 1, workload: 'bench', lastExit: { code: null, signal: 'SIGKILL' } },
      ]);
    });
  });

  it('backend, time after time: a generator that was started after it gets its packets back', async () => {
    await stack().deploy();
    await onMeasuredPath(stack(), null, async (path) => {
      await untilPacketsPass(path, recoveryMs);
      for (const kills of [1, 2]) {
        // Nobody asks for the link of the workload, and l3fwd does not by itself.
        process.kill(path.backendPid(), 'SIGKILL');
        await path.restartGenerator();
        await untilPacketsPass(path, recoveryMs);
        expect(path.workload.isAlive()).toBe(true);
        expect((await stack().status()).devices).toMatchObject([{ state: 'running', restarts: kills }]);
      }
    });
  });

  it('supervisor: its backend goes on, is not started again when it ends, and deploy mends both', async () => {
    await stack().deploy();
    const agent = await pidOf(stack(), 'agent');
    await killed(stack(), 'supervisor');
    const orphaned = await stack().status(1);
    expect(orphaned).toMatchObject({ state: 'degraded', devices: [{ state: 'running' }] });
    expect(orphaned.problems).toEqual([expect.stringContaining('supervisor is not running')]);

    await killed(stack(), 'local0', 1);
    await sleep(700);
    const ended = await stack().status(1);
    expect(ended.devices).toMatchObject([{ state: 'stopped', pid: null }]);
    expect(ended.problems).toHaveLength(2);

    expect(await stack().deploy()).toMatchObject({ changed: true });
    expect(await stack().status()).toMatchObject({ state: 'healthy', devices: [{ state: 'running' }] });
    expect(await pidOf(stack(), 'agent')).toBe(agent);
  });

  it('supervisor alone: deploy starts one that takes over the backend as it runs', async () => {
    await stack().deploy();
    const backend = await pidOf(stack(), 'local0');
    const supervisor = await killed(stack(), 'supervisor');
    expect(await stack().deploy()).toMatchObject({ changed: true });
    expect(await pidOf(stack(), 'local0')).toBe(backend);
    expect(await pidOf(stack(), 'supervisor')).not.toBe(supervisor);
    // The new one watches it just as the old one did.
    await killed(stack(), 'local0');
    await expect
      .poll(() => pidOf(stack(), 'local0', 0).catch(() => backend), { timeout: recoveryMs })
      .not.toBe(backend);
  });

  it('agent: traffic flows on, status says so, and deploy mends it with all attachments', async () => {
    await stack().deploy(['--devices', '2']);
    const kept = await stack().attach('keeper', ['--device', 'local1']);
    await onMeasuredPath(stack(), 'local0', async (path) => {
      await killed(stack(), 'agent');
      await untilPacketsPass(path, recoveryMs);
    });
    const without = await stack().status(1);
    expect(without).toMatchObject({ state: 'degraded', devices: [{ state: 'running' }, { state: 'running' }] });
    expect(without.problems).toEqual(['the agent is not running']);
    await stack().refused('attach', ['other'], { code: 'VDPA-AGENT-001', exit: 3 });

    expect(await stack().deploy(['--devices', '2'])).toMatchObject({ changed: true });
    expect((await stack().status()).devices).toMatchObject([{ workload: 'bench' }, { workload: 'keeper' }]);
    expect(await stack().attach('keeper', ['--device', 'local1'])).toEqual(kept);
  });
});
