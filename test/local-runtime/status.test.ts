// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttachmentStore } from '../../dataplane/agent/attachment-store.ts';
import { type ServingAgent, serveAgent } from '../../dataplane/agent/serve.ts';
import type { BackendStatus } from '../../dataplane/contract/backend-spec.ts';
import { logFile, type RunDir, runDir, statusFile } from '../../dataplane/contract/run-dir.ts';
import { specHash } from '../../dataplane/contract/spec-store.ts';
import { daemonLog, runningDaemon, stopDaemon } from '../../src/local/daemons.ts';
import { writeStack } from '../../src/local/stack-files.ts';
import { type DeviceStatus, type StackStatus, stackStatus } from '../../src/local/status.ts';
import { statusText } from '../../src/output/stack-text.ts';
import { identify } from '../../src/process/process-table.ts';
import type { LocalStack } from '../../src/templates/local-stack.ts';
import { localStack } from '../fixtures/local-stack.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder, startMarked } = scratch();
let dir: RunDir;
let stack: LocalStack;
let agent: ServingAgent | null = null;

beforeEach(() => {
  dir = runDir(folder());
});
afterEach(() => {
  agent?.stop();
  agent = null;
});

/** A process that the process table shows as a part of the stack. What it does is of no matter here. */
const part = (role: string): number => startMarked(role, 'sleep', ['60'], dir.root).pid;

function putStatus(device: string, change: Partial<BackendStatus>): void {
  const spec = stack.backends.find((backend) => backend.device === device);
  const whole: BackendStatus = {
    schemaVersion: 'vdpactl/v1',
    device,
    state: 'running',
    pid: null,
    startTicks: null,
    restarts: 0,
    since: '2026-01-01T00:00:00.000Z',
    lastExit: null,
    specHash: spec === undefined ? '' : specHash(spec),
    cpu: null,
    counters: null,
    ...change,
  };
  writeFileSync(statusFile(dir, device), JSON.stringify(whole));
}

/** A stack of two devices in which all is well. */
async function whole(): Promise<{ supervisor: number; agent: number; local0: number; local1: number }> {
  stack = localStack(dir.root, { devices: 2 });
  writeStack(dir, stack);
  agent = await serveAgent(dir);
  const pids = {
    supervisor: part('supervisor'),
    agent: part('agent'),
    local0: part('backend:local0'),
    local1: part('backend:local1'),
  };
  putStatus('local0', { ...identify(pids.local0) });
  putStatus('local1', { ...identify(pids.local1) });
  return pids;
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => identify(pid)).toBeNull();
}

const device = (status: StackStatus, name = 'local0'): DeviceStatus | undefined =>
  status.devices.find((each) => each.device === name);

describe.skipIf(process.getuid?.() !== 0)('the status of a stack (needs root, as the command does)', () => {
  it('says that there is none', async () => {
    rmSync(dir.root, { recursive: true });
    expect(await stackStatus(dir)).toEqual({
      schemaVersion: 'vdpactl/v1',
      runDir: dir.root,
      state: 'absent',
      provider: null,
      backend: null,
      parts: [],
      devices: [],
      strays: [],
      problems: [],
    });
  });

  it('says what is left where there is none any more', async () => {
    const pid = part('backend:local0');
    expect(await stackStatus(dir)).toMatchObject({
      state: 'degraded',
      strays: [{ role: 'backend:local0', pid }],
      problems: [
        'processes of an earlier stack are still running',
        `${dir.root} is there but holds no readable stack.json`,
      ],
    });
  });

  it('is healthy when everything runs, and names who has which device', async () => {
    const pids = await whole();
    const spec = stack.backends[1];
    if (spec === undefined) throw new Error('no second backend');
    new AttachmentStore(dir).attach('app', 'net1', spec);
    const status = await stackStatus(dir);
    expect(status).toMatchObject({
      state: 'healthy',
      provider: 'local',
      backend: 'testpmd',
      problems: [],
      strays: [],
      parts: [
        { name: 'agent', running: true, pid: pids.agent, problem: null, log: logFile(dir, 'agent') },
        { name: 'supervisor', running: true, pid: pids.supervisor, problem: null },
      ],
    });
    expect(device(status)).toEqual({
      device: 'local0',
      backend: 'testpmd',
      wire: { kind: 'memif', at: join(dir.wires, 'local0.sock') },
      state: 'running',
      pid: pids.local0,
      restarts: 0,
      since: '2026-01-01T00:00:00.000Z',
      lastExit: null,
      counters: null,
      workload: null,
      problem: null,
      log: logFile(dir, 'local0'),
    });
    expect(device(status, 'local1')).toMatchObject({ workload: 'app', pid: pids.local1 });
  });

  it('has what a backend that runs has counted, and says it', async () => {
    const pids = await whole();
    const side = { rxBytes: 640, rxMissed: 1, rxErrors: 0, rxNoBuffer: 0, txBytes: 0, txErrors: 0 };
    const counters = {
      wire: { ...side, rxPackets: 10, txPackets: 9 },
      workload: { ...side, rxPackets: 9, txPackets: 8 },
      connected: true,
    };
    for (const name of ['local0', 'local1'] as const) putStatus(name, { ...identify(pids[name]), counters });
    await killed(pids.local1);
    const status = await stackStatus(dir);
    expect([device(status)?.counters, device(status, 'local1')?.counters]).toEqual([counters, null]);
    expect(statusText(status)).toContain('link up, packets: wire 10 in and 9 out, workload 9 in and 8 out, 2 lost');
  });

  it('believes the process table and not the file of one that was killed', async () => {
    const pids = await whole();
    await killed(pids.local0);
    const status = await stackStatus(dir);
    expect(status).toMatchObject({ state: 'degraded', problems: ['the backend of local0 is stopped'] });
    expect(device(status)).toMatchObject({ state: 'stopped', pid: null });
    expect(device(status, 'local1')).toMatchObject({ state: 'running' });
  });

  it.each<[string, Partial<BackendStatus>, boolean, string]>([
    ['is backing off', { state: 'backing-off', restarts: 4 }, false, 'backing-off'],
    ['is starting', { state: 'starting' }, true, 'starting'],
    ['runs with an old spec', { specHash: 'old' }, true, 'starting'],
    ['was started and not written down yet', { pid: 1, startTicks: 0 }, true, 'starting'],
  ])('says of a backend that it %s', async (_what, change, runs, state) => {
    const pids = await whole();
    if (!runs) await killed(pids.local0);
    putStatus('local0', { ...(runs ? identify(pids.local0) : {}), ...change });
    const status = await stackStatus(dir);
    expect(device(status)).toMatchObject({
      state,
      problem: `the backend of local0 is ${state}`,
      restarts: change.restarts ?? 0,
    });
    expect(status.state).toBe('degraded');
  });

  it.each(['{', ''])('goes by the process table when the file of a backend is %j', async (text) => {
    const pids = await whole();
    writeFileSync(statusFile(dir, 'local0'), text);
    expect(device(await stackStatus(dir))).toMatchObject({ state: 'starting', pid: pids.local0, restarts: 0 });
  });

  it('notices each daemon that was killed, and an agent that runs and does not answer', async () => {
    const pids = await whole();
    await killed(pids.supervisor);
    expect((await stackStatus(dir)).problems).toEqual([
      'the supervisor is not running: no backend would be started again',
    ]);
    agent?.stop();
    agent = null;
    const silent = await stackStatus(dir);
    expect(silent.parts[0]).toMatchObject({
      running: true,
      problem: expect.stringMatching(/^the agent runs but does not answer: /),
    });
    expect(device(silent)).toMatchObject({ state: 'running', workload: null });
    await killed(pids.agent);
    expect((await stackStatus(dir)).problems).toContain('the agent is not running');
  });

  it('names the processes that nothing accounts for', async () => {
    await whole();
    const [generator, old] = [part('generator'), part('backend:local7')];
    const { strays, state } = await stackStatus(dir);
    expect(strays).toHaveLength(2);
    expect(strays).toEqual(
      expect.arrayContaining([
        { role: 'generator', pid: generator },
        { role: 'backend:local7', pid: old },
      ]),
    );
    expect(state).toBe('healthy');
  });
});

describe('a daemon', () => {
  it('is found by its marker, and stopped without touching the other', async () => {
    expect(runningDaemon(dir, 'agent')).toBeNull();
    const [supervisor, other] = [part('supervisor'), part('agent')];
    expect(runningDaemon(dir, 'supervisor')).toMatchObject({ pid: supervisor, role: 'supervisor' });
    await stopDaemon(dir, 'supervisor');
    expect(runningDaemon(dir, 'supervisor')).toBeNull();
    expect(runningDaemon(dir, 'agent')).toMatchObject({ pid: other });
    await stopDaemon(dir, 'supervisor');
  });

  it('has a log of which the end can be shown, when there is one', () => {
    expect(daemonLog(dir, 'agent', 3)).toEqual([]);
    mkdirSync(dir.logs);
    expect(existsSync(logFile(dir, 'agent'))).toBe(false);
    writeFileSync(logFile(dir, 'agent'), 'one\ntwo\nthree\nfour\n');
    expect(daemonLog(dir, 'agent', 3)).toEqual(['two', 'three', 'four']);
  });
});
