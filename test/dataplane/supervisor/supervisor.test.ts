// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BackendStatus, backendStatusSchema } from '../../../dataplane/contract/backend-spec.ts';
import { logFile, type RunDir, specFile, statusFile, wireSocket } from '../../../dataplane/contract/run-dir.ts';
import { specHash } from '../../../dataplane/contract/spec-store.ts';
import { restartDelayMs } from '../../../dataplane/supervisor/restart-policy.ts';
import { Supervisor } from '../../../dataplane/supervisor/supervisor.ts';
import { logTail, maxLogBytes } from '../../../src/files/capped-log.ts';
import { readJsonFile } from '../../../src/files/json-file.ts';
import { ask } from '../../../src/process/ask.ts';
import { endProcesses, identify, type MarkedProcess, markedProcesses } from '../../../src/process/process-table.ts';
import { backendSpec, kernelSpec, madeRunDir, putSpec, shell } from '../../fixtures/backend-spec.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { tinyDisk } from '../../fixtures/tiny-disk.ts';

const { folder, startMarked } = scratch();
let dir: RunDir;
let said: string[];
let supervisor: Supervisor;
let clock: number;

function newSupervisor(): Supervisor {
  return new Supervisor(dir, (line) => said.push(line));
}

beforeEach(() => {
  dir = madeRunDir(folder());
  said = [];
  supervisor = newSupervisor();
});
// Before the processes are ended: or it would start them again.
afterEach(() => supervisor.letGo());

/** Gives this test a supervisor whose clock moves only when the test moves it. */
function stopClock(): void {
  clock = 1_000_000;
  supervisor = new Supervisor(dir, (line) => said.push(line), { now: () => clock });
}

const processes = (device = 'local0'): MarkedProcess[] =>
  markedProcesses(dir.root).filter(({ role }) => role === `backend:${device}`);
const status = (device = 'local0'): BackendStatus | null => readJsonFile(statusFile(dir, device), backendStatusSchema);

/** Looks, as the daemon does, until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    supervisor.tick();
    if (isSo()) return;
    if (performance.now() > deadline)
      throw new Error(`it did not come to that\n${JSON.stringify(status())}\n${said.join('\n')}`);
    await sleep(5);
  }
}

async function running(device = 'local0'): Promise<number> {
  await until(() => status(device)?.state === 'running');
  const found = processes(device);
  expect(found).toHaveLength(1);
  return found[0]?.pid ?? 0;
}

describe('the supervisor', () => {
  it('starts what is wanted, says so only once it is ready, and stops what is wanted no more', async () => {
    putSpec(dir, backendSpec('local0', shell('sleep 0.1; echo forwarding; exec sleep 60')));
    supervisor.tick();
    expect(status()).toMatchObject({ state: 'starting', restarts: 0, lastExit: null });
    expect(supervisor.isStarting).toBe(true);
    const pid = await running();
    expect(supervisor.isStarting).toBe(false);
    expect(status()).toMatchObject({
      ...identify(pid),
      specHash: specHash(backendSpec('local0', shell('sleep 0.1; echo forwarding; exec sleep 60'))),
    });
    rmSync(specFile(dir, 'local0'));
    await until(() => !existsSync(statusFile(dir, 'local0')));
    expect(processes()).toEqual([]);
    expect(readdirSync(dir.backends)).toEqual([]);
  });

  it('types at the prompt of a backend that has one, which then never meets an end of its input', async () => {
    const prompt = shell('while read -r line; do echo "did $line"; done; echo the end');
    putSpec(dir, backendSpec('local0', { ...prompt, input: ['first', 'second'], readyText: 'did second' }));
    const pid = await running();
    supervisor.letGo();
    supervisor = newSupervisor();
    supervisor.adopt();
    await sleep(50);
    supervisor.tick();
    expect(processes().map((found) => found.pid)).toEqual([pid]);
    expect(logTail(logFile(dir, 'local0'), 1024)).toBe('did first\ndid second\n');
    rmSync(specFile(dir, 'local0'));
    await until(() => !existsSync(statusFile(dir, 'local0')));
    expect(readdirSync(dir.backends)).toEqual([]);
  });

  it("starts nothing for a device of the kernel's, and leaves it alone", async () => {
    putSpec(dir, kernelSpec('vd0'));
    putSpec(dir, backendSpec('local0'));
    await running('local0');
    expect(existsSync(statusFile(dir, 'vd0'))).toBe(false);
    expect(processes('vd0')).toEqual([]);
  });

  it('ends a backend that says that it will never be ready, and counts that as a failed start', async () => {
    putSpec(dir, backendSpec('local0', { ...shell('echo no such device; exec sleep 60'), failText: 'no such device' }));
    await until(() => (status()?.restarts ?? 0) >= 1);
    expect(status()?.lastExit).toMatchObject({ signal: 'SIGTERM', output: ['no such device'] });
  });

  it('starts again what was killed, counts it, and leaves the others alone', async () => {
    putSpec(dir, backendSpec('local0', shell('echo forwarding; echo the end is near; exec sleep 60')));
    putSpec(dir, backendSpec('local1'));
    const [first, other] = [await running('local0'), await running('local1')];
    process.kill(first, 'SIGKILL');
    await until(() => status()?.restarts === 1);
    expect(await running()).not.toBe(first);
    expect(status()?.lastExit).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      code: null,
      signal: 'SIGKILL',
      output: ['forwarding', 'the end is near'],
    });
    expect(await running('local1')).toBe(other);
    expect(status('local1')?.restarts).toBe(0);
  });

  it('replaces a process when its spec changes, never with two at a time', async () => {
    putSpec(dir, backendSpec('local0'));
    const first = await running();
    putSpec(dir, backendSpec('local0', { memoryMiB: 128 }));
    await until(() => {
      expect(processes().length).toBeLessThanOrEqual(1);
      return status()?.state === 'running' && status()?.pid !== first;
    });
    expect(status()).toMatchObject({
      restarts: 0,
      lastExit: null,
      specHash: specHash(backendSpec('local0', { memoryMiB: 128 })),
    });
    // The same content in another order is no change.
    const { schemaVersion, ...rest } = backendSpec('local0', { memoryMiB: 128 });
    writeFileSync(specFile(dir, 'local0'), JSON.stringify({ ...rest, schemaVersion }));
    const second = status()?.pid;
    for (let look = 0; look < 3; look += 1) supervisor.tick();
    expect(status()?.pid).toBe(second);
    expect(status()?.state).toBe('running');
  });

  it('keeps running what a damaged spec file was about: only a file that is gone ends something', async () => {
    putSpec(dir, backendSpec('local0'));
    const first = await running();
    writeFileSync(specFile(dir, 'local0'), '{"schemaVersion":"vdp');
    writeFileSync(specFile(dir, 'local1'), 'not a spec');
    putSpec(dir, { ...backendSpec('local2'), device: 'another' });
    for (let look = 0; look < 3; look += 1) supervisor.tick();
    expect(await running()).toBe(first);
    expect(markedProcesses(dir.root)).toHaveLength(2);
    expect(status('local1')).toBeNull();
  });

  it('starts nothing for a spec of another version, says so once, and follows one that it knows again', async () => {
    putSpec(dir, backendSpec('local0'));
    const pid = await running();
    const later = { ...backendSpec('local0', { memoryMiB: 128 }), schemaVersion: 'vdpactl/v2' };
    writeFileSync(specFile(dir, 'local0'), JSON.stringify(later));
    writeFileSync(specFile(dir, 'local1'), JSON.stringify({ ...later, device: 'local1' }));
    for (let looks = 0; looks < 5; looks += 1) supervisor.tick();
    expect(processes().map((found) => found.pid)).toEqual([pid]);
    expect(processes('local1')).toEqual([]);
    const why = 'its spec says "vdpactl/v2", and this version of vdpactl knows vdpactl/v1';
    expect(said.filter((line) => line.includes('vdpactl/v2'))).toEqual([
      `local0: ${why}: what it said before stands`,
      `local1: ${why}: nothing is started for it`,
    ]);
    expect(supervisor.notRunning()).toEqual([{ device: 'local1', state: 'stopped', why }]);
    putSpec(dir, backendSpec('local1'));
    await running('local1');
    expect(supervisor.notRunning()).toEqual([]);
  });

  it('removes the sockets that a killed program left before it starts it again', async () => {
    const socket = wireSocket(dir, 'local0');
    writeFileSync(socket, '');
    putSpec(dir, backendSpec('local0', { listensOn: [socket] }));
    await running();
    expect(existsSync(socket)).toBe(false);
  });
});

describe('a backend that does not start', () => {
  it.each<[string, () => Parameters<typeof backendSpec>[1], string | RegExp]>([
    ['does not exist', () => ({ program: '/no/such/testpmd', args: [] }), /ENOENT/],
    ['is below a file', () => ({ program: `${specFile(dir, 'local0')}/testpmd`, args: [] }), /ENOTDIR/],
    ['ends at once', () => shell('echo no huge pages; exit 1'), 'no huge pages'],
    [
      'cannot have its socket',
      () => {
        mkdirSync(join(wireSocket(dir, 'local0'), 'in-the-way'), { recursive: true });
        return { listensOn: [wireSocket(dir, 'local0')] };
      },
      /in-the-way|wires/,
    ],
    [
      'cannot have its log',
      () => {
        mkdirSync(logFile(dir, 'local0'));
        return {};
      },
      /EISDIR/,
    ],
  ])(
    'because its program %s, is backing off with the reason, and runs once that is mended',
    async (_what, change, reason) => {
      // Nothing is tried again while it is looked at, however slow this machine is.
      stopClock();
      putSpec(dir, backendSpec('local0', change()));
      supervisor.tick();
      // Nothing ran, so no process is claimed, not even for a moment.
      expect([null, status()?.pid]).toContain(status()?.pid);
      expect(status()).not.toBeNull();
      await until(() => status()?.state === 'backing-off');
      expect(status()).toMatchObject({ pid: null, startTicks: null, restarts: 1 });
      expect(status()?.lastExit?.output.at(-1)).toMatch(reason);
      const waiting = status();
      clock += restartDelayMs(1) - 1;
      supervisor.tick();
      expect(status()).toEqual(waiting);
      putSpec(dir, backendSpec('local1'));
      await running('local1');
      for (const blocking of [wireSocket(dir, 'local0'), logFile(dir, 'local0')])
        if (existsSync(blocking) && statSync(blocking).isDirectory()) rmSync(blocking, { recursive: true });
      putSpec(dir, backendSpec('local0', { queues: 2 }));
      await running();
    },
  );

  it('is tried again after a while, and at once when asked to', async () => {
    stopClock();
    const flag = join(dir.root, 'mended');
    putSpec(dir, backendSpec('local0', shell(`test -e ${flag} || exit 1; echo forwarding; exec sleep 60`)));
    for (const failures of [1, 2, 3]) {
      await until(() => status()?.restarts === failures && status()?.state === 'backing-off');
      clock += restartDelayMs(failures) - 1;
      supervisor.tick();
      expect(status()).toMatchObject({ state: 'backing-off', restarts: failures });
      if (failures < 3) clock += 1;
    }
    writeFileSync(flag, '');
    // The clock stands still: it is not the back-off's end that starts it.
    supervisor.retryNow();
    await running();
    expect(status()?.restarts).toBe(3);
  });
});

describe('the next supervisor', () => {
  it('takes over what runs, with its history, and looks after it', async () => {
    putSpec(dir, backendSpec('local0'));
    process.kill(await running(), 'SIGKILL');
    await until(() => status()?.restarts === 1);
    const pid = await running();
    const before = status();
    supervisor.letGo();
    supervisor = newSupervisor();
    supervisor.adopt();
    supervisor.tick();
    expect(status()).toEqual(before);
    expect(said.at(-1)).toBe(`local0: took over process ${pid}`);
    process.kill(pid, 'SIGKILL');
    await until(() => status()?.restarts === 2);
    expect(await running()).not.toBe(pid);
  });

  it('knows one that is not ready yet, one of an old spec, and one that nobody wants', async () => {
    const go = join(dir.root, 'go');
    ask('mkfifo', [go]);
    putSpec(dir, backendSpec('local0', shell(`read line < ${go}; echo forwarding; exec sleep 60`)));
    putSpec(dir, backendSpec('local1'));
    putSpec(dir, backendSpec('local2'));
    const [second, third] = [await running('local1'), await running('local2')];
    expect(status()?.state).toBe('starting');
    supervisor.letGo();
    putSpec(dir, backendSpec('local1', { queues: 2 }));
    rmSync(specFile(dir, 'local2'));
    supervisor = newSupervisor();
    supervisor.adopt();
    supervisor.tick();
    expect(status()?.state).toBe('starting');
    writeFileSync(go, 'go\n');
    await running();
    await until(() => status('local1')?.state === 'running' && status('local1')?.pid !== second);
    await until(() => status('local2') === null);
    expect(identify(third)).toBeNull();
  });

  it('leaves what runs by a spec of another version as it is, until it ends', async () => {
    putSpec(dir, backendSpec('local0'));
    const pid = await running();
    supervisor.letGo();
    writeFileSync(specFile(dir, 'local0'), JSON.stringify({ ...backendSpec('local0'), schemaVersion: 'vdpactl/v2' }));
    supervisor = newSupervisor();
    supervisor.adopt();
    for (let looks = 0; looks < 5; looks += 1) supervisor.tick();
    expect(processes().map((found) => found.pid)).toEqual([pid]);
    expect(supervisor.notRunning()).toEqual([]);
    process.kill(pid, 'SIGKILL');
    await until(() => supervisor.notRunning().length > 0);
    expect(processes()).toEqual([]);
    rmSync(specFile(dir, 'local0'));
    await until(() => said.includes('local0: removed'));
  });

  it('keeps the one process that was written down, and ends another for the same device', async () => {
    putSpec(dir, backendSpec('local0'));
    const kept = await running();
    supervisor.letGo();
    const surplus = startMarked('backend:local0', 'sleep', ['60'], dir.root);
    supervisor = newSupervisor();
    supervisor.adopt();
    await surplus.ended;
    expect(await running()).toBe(kept);
  });

  it('remembers the count of a backend that died with the one before', async () => {
    putSpec(dir, backendSpec('local0'));
    process.kill(await running(), 'SIGKILL');
    await until(() => status()?.restarts === 1);
    const pid = await running();
    supervisor.letGo();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => identify(pid)).toBeNull();
    supervisor = newSupervisor();
    supervisor.adopt();
    await running();
    expect(status()).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } });
  });
});

describe('logs', () => {
  it('are cut when they grow too large, the daemons’ too', async () => {
    putSpec(dir, backendSpec('local0'));
    await running();
    const parts = ['local0', 'agent', 'supervisor'];
    for (const part of parts) writeFileSync(logFile(dir, part), 'x'.repeat(maxLogBytes + 1), { flag: 'a' });
    supervisor.tick();
    for (const part of parts) {
      expect(statSync(logFile(dir, part)).size).toBe(0);
      expect(statSync(`${logFile(dir, part)}.1`).size).toBe(maxLogBytes);
    }
  });

  it('are not cut while a backend starts: the line that says it is ready could be lost', async () => {
    const flood = `head -c ${2 * maxLogBytes} /dev/zero | tr '\\0' x`;
    putSpec(dir, backendSpec('local0', shell(`${flood}; sleep 0.05; echo; echo forwarding; exec sleep 60`)));
    supervisor.tick();
    await running();
    supervisor.tick();
    expect(logTail(`${logFile(dir, 'local0')}.1`, 100)).toContain('forwarding');
  });

  it('get one complaint about a status that cannot be written', async () => {
    putSpec(dir, backendSpec('local0'));
    mkdirSync(statusFile(dir, 'local0'));
    for (let look = 0; look < 5; look += 1) supervisor.tick();
    expect(said.filter((line) => line.includes('cannot write the status'))).toHaveLength(1);
    rmSync(statusFile(dir, 'local0'), { recursive: true });
    await running();
  });
});

describe('on a node of a cluster, the supervisor', () => {
  const onNode = (isolate: string | null = null) => {
    supervisor = new Supervisor(dir, (line) => said.push(line), {
      isolate,
      seatFacts: () => ({ allowed: [4, 5], isolated: [] }),
    });
  };
  const seated = (cpu: number | null = null) => ({
    ...shell('echo forwarding on {cpu}; exec sleep 60'),
    readyText: 'forwarding',
    cpu,
  });

  it('gives each backend a CPU of its own, which it keeps when others come and go', async () => {
    onNode();
    putSpec(dir, backendSpec('local0', seated()));
    await running('local0');
    putSpec(dir, backendSpec('local1', seated()));
    await running('local1');
    expect([status('local0')?.cpu, status('local1')?.cpu]).toEqual([5, 4]);
    expect(logTail(logFile(dir, 'local0'), 1024)).toBe('forwarding on 5\n');
    const pid = await running('local1');
    rmSync(specFile(dir, 'local0'));
    await until(() => status('local0') === null);
    process.kill(pid, 'SIGKILL');
    await until(() => status('local1')?.restarts === 1);
    await running('local1');
    expect(status('local1')?.cpu).toBe(4);
  });

  it('says so where a wish cannot be met', async () => {
    onNode();
    putSpec(dir, backendSpec('local0', seated(1)));
    await running();
    expect(status()?.cpu).toBe(5);
    expect(said.join('\n')).toContain('local0: CPU 1 is none that may be used here (4,5)');
  });

  it('knows after a restart which CPU a backend has', async () => {
    onNode();
    putSpec(dir, backendSpec('local0', seated()));
    await running('local0');
    supervisor.letGo();
    onNode();
    supervisor.adopt();
    putSpec(dir, backendSpec('local1', seated()));
    await running('local1');
    expect([status('local0')?.cpu, status('local1')?.cpu]).toEqual([5, 4]);
  });

  it('starts backends through the program that isolates them', async () => {
    const isolate = `${dir.root}/isolate`;
    writeFileSync(isolate, '#!/bin/sh\necho isolated in "$2"\nshift 3\nexec "$@"\n', { mode: 0o755 });
    onNode(isolate);
    putSpec(dir, backendSpec('local0'));
    await running();
    expect(logTail(logFile(dir, 'local0'), 1024)).toBe(`isolated in ${dir.devices}/local0\nforwarding\n`);
  });

  it('says what DPDK has counted, and forgets it with the process', async () => {
    onNode();
    const counting = shell(
      'echo forwarding; echo "# NIC statistics for port 0"; echo "RX-packets: 7  RX-missed: 0"; echo "####################"; exec sleep 60',
    );
    putSpec(dir, backendSpec('local0', counting));
    const pid = await running();
    await until(() => status()?.counters?.wire?.rxPackets === 7);
    putSpec(dir, backendSpec('local0', shell('exit 3')));
    process.kill(pid, 'SIGKILL');
    await until(() => status()?.state === 'backing-off');
    expect(status()?.counters).toBeNull();
  });

  it('does without a log and a status while the disk is full, and knows how a backend fares once there is room', async (test) => {
    const disk = tinyDisk(64 * 1024);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      dir = madeRunDir(join(disk.folder, 'run'));
      onNode();
      const block = '# NIC statistics for port 0\\nRX-packets: 7  RX-missed: 0\\n####################\\n';
      const counting = `echo forwarding; while printf '${block}' || :; do sleep 0.1; done`;
      putSpec(dir, backendSpec('local0', shell(counting)));
      disk.fill();
      await until(() => said.some((line) => /cannot write the status: there is no room left/.test(line)));
      for (let looks = 0; looks < 20; looks += 1) {
        supervisor.tick();
        await sleep(10);
      }
      expect(supervisor.notRunning()).toEqual([{ device: 'local0', state: 'starting' }]);
      disk.free();
      await until(() => status()?.state === 'running');
      expect(status()?.counters?.wire?.rxPackets).toBe(7);
      expect(said.filter((line) => line.includes('started process'))).toHaveLength(1);
      await supervisor.stopAll();
    } finally {
      await endProcesses(markedProcesses(dir.root), 200);
      disk.remove();
    }
  });

  it('names what does not run', async () => {
    onNode();
    putSpec(dir, backendSpec('local0'));
    putSpec(dir, backendSpec('local1', shell('exit 3')));
    putSpec(dir, kernelSpec('vd0'));
    await running('local0');
    await until(() => status('local1')?.state === 'backing-off');
    expect(supervisor.notRunning()).toEqual([{ device: 'local1', state: 'backing-off' }]);
  });

  it('ends every backend with itself', async () => {
    onNode();
    for (const device of ['local0', 'local1']) putSpec(dir, backendSpec(device));
    await running('local0');
    await running('local1');
    await supervisor.stopAll();
    expect([...processes('local0'), ...processes('local1')]).toEqual([]);
    expect(status('local0')).toBeNull();
    expect(said.filter((line) => line.includes('ended by itself'))).toEqual([]);
  });
});
