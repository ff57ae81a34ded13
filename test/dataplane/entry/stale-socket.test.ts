// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { ask } from '../../../src/process/ask.ts';
import { run } from '../../../src/process/run.ts';

const sources = join(packageRoot(), 'dataplane', 'entry');
const folder = mkdtempSync(join(tmpdir(), 'vdpactl-stale-'));
const vdpaRun = join(folder, 'vdpa-run');
const hasCompiler = ask('cc', ['--version']) !== null && ask('make', ['--version']) !== null;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that listens on a UNIX socket, says so, and waits to be killed. */
const listener = "require('net').createServer().listen(process.argv[1],()=>console.log('listening'))";

describe.skipIf(!hasCompiler)('a socket that is there before the workload', () => {
  const socket = join(folder, 'vhost.sock');
  beforeAll(async () => {
    const built = await run('make', ['-s', '-C', sources, `BUILD=${folder}`], { timeoutMs: 120_000 });
    expect(built.exitCode, built.all).toBe(0);
  }, 120_000);
  beforeEach(() => rmSync(socket, { force: true }));

  const start = async (argument: string): Promise<void> => {
    writeFileSync(join(folder, 'eal.args'), `${argument}\n`);
    const env = { VDPA_DIR: folder, PATH: process.env['PATH'] };
    const result = await run(vdpaRun, ['true'], { env });
    expect(result.exitCode, result.all).toBe(0);
  };
  const asServer = `--vdev=net_virtio_user0,path=${socket},server=1,queues=1`;
  const leaveOne = async (): Promise<void> => {
    const killed = `${listener};setTimeout(()=>process.kill(process.pid,'SIGKILL'),50)`;
    await run(process.execPath, ['-e', killed, socket]);
    expect(statSync(socket).isSocket()).toBe(true);
  };

  it('goes when nobody listens on it any more: the one before was killed', async () => {
    await leaveOne();
    await start(asServer);
    expect(existsSync(socket)).toBe(false);
  });

  it('stays while somebody listens on it', async () => {
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    await start(asServer);
    expect(existsSync(socket)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('stays where the workload is no server', async () => {
    await leaveOne();
    await start(`--vdev=net_virtio_user0,path=${socket},queues=1`);
    expect(existsSync(socket)).toBe(true);
  });

  it('stays when it is no socket', async () => {
    writeFileSync(socket, 'mine');
    await start(asServer);
    expect(existsSync(socket)).toBe(true);
  });
});
