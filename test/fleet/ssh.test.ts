// SPDX-License-Identifier: Apache-2.0
// Against a real sshd on the loopback interface, with keys of its own, where there is one (Debian: openssh-server).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetResult } from '../../src/fleet/fleet-result.ts';
import { detectOverSsh } from '../../src/fleet/ssh.ts';
import { silentProgress } from '../../src/output/progress.ts';
import { probe } from '../../src/platform/probe.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));
const path = process.env['PATH'] ?? '/usr/bin:/bin';

let folder = '';
let server: ChildProcess | null = null;
let env: NodeJS.ProcessEnv = {};

/** A program named ssh that comes first in PATH. */
function sshThat(name: string, script: string): NodeJS.ProcessEnv {
  const bin = join(folder, name);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  return { PATH: `${bin}:${path}` };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vdpactl-ssh-'));
});

afterAll(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const errorOf = (result: FleetResult | undefined) => (result !== undefined && 'error' in result ? result.error : null);

describe.skipIf(sshd === undefined)('hosts behind a real sshd', () => {
  beforeAll(async () => {
    const port = await freePort();
    const file = (name: string) => join(folder, name);
    for (const key of ['host', 'user', 'stranger'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
    const authorized = readFileSync(file('user.pub'), 'utf8');
    // A second key may only run a command of its own, as on an appliance.
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('appliance')]);
    const forced = `command="echo '% Invalid input'; exit 1" ${readFileSync(file('appliance.pub'), 'utf8')}`;
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('hanging')]);
    const hanging = `command="sleep 20" ${readFileSync(file('hanging.pub'), 'utf8')}`;
    writeFileSync(file('authorized_keys'), `${authorized}${forced}${hanging}`, { mode: 0o600 });
    writeFileSync(
      file('sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${file('host')}`,
        `PidFile ${file('sshd.pid')}`,
        `AuthorizedKeysFile ${file('authorized_keys')}`,
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'StrictModes no',
        'UsePAM no',
        'MaxStartups 100',
      ].join('\n'),
    );
    writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
    const host = (name: string, key: string) =>
      `Host ${name}\n HostName 127.0.0.1\n Port ${port}\n User ${userInfo().username}\n IdentityFile ${file(key)}\n`;
    writeFileSync(
      file('config'),
      [
        ...Array.from({ length: 8 }, (_, at) => host(`node${at}`, 'user')),
        host('denied', 'stranger'),
        host('switch', 'appliance'),
        host('slow', 'hanging'),
        `Host off\n HostName 127.0.0.1\n Port ${await freePort()}\n`,
        `Host *\n IdentitiesOnly yes\n UserKnownHostsFile ${file('known_hosts')}\n GlobalKnownHostsFile /dev/null\n`,
      ].join('\n'),
    );
    // sshd wants this folder of its package, which a boot makes.
    mkdirSync('/run/sshd', { recursive: true });
    server = spawn(sshd ?? '', ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
    env = sshThat('real', `exec /usr/bin/ssh -F ${file('config')} "$@"`);
    await listening(port);
  });

  it('are reported as they report themselves, in the order given', async () => {
    const hosts = ['node3', 'node0', 'node1', 'node7'];
    const results = await detectOverSsh(hosts, { env, concurrency: 2 });
    expect(results.map(({ node }) => node)).toEqual(hosts);
    const here = probe({ env: { SSH_CONNECTION: '127.0.0.1 50000 127.0.0.1 22' } });
    for (const result of results) {
      const report = 'report' in result ? result.report : null;
      expect(report?.nics).toEqual(here.nics);
      expect({ ...report?.node, hugepages: [] }).toEqual({ ...here.node, hugepages: [] });
    }
  });

  it('fail one by one, each with what to do', async () => {
    const updates: string[] = [];
    const progress = { ...silentProgress, update: (text: string) => void updates.push(text) };
    const hosts = ['denied', 'node0', 'off', 'switch'];
    const results = await detectOverSsh(hosts, { env, progress });
    expect(results.map((result) => errorOf(result)?.code ?? 'report')).toEqual([
      'VDPA-SSH-001',
      'report',
      'VDPA-SSH-001',
      'VDPA-SSH-002',
    ]);
    expect(errorOf(results[0])).toMatchObject({ where: 'denied', exitCode: 3 });
    expect(errorOf(results[0])?.details.join()).toContain('Permission denied');
    expect(errorOf(results[2])?.details.join()).toContain('Connection refused');
    expect(errorOf(results[3])?.message).toContain('did not run the script that was sent (exit code 1)');
    expect(updates.at(-1)).toBe('4 of 4 hosts');
  });

  it('are not waited for without end', async () => {
    const [result] = await detectOverSsh(['slow'], { env, timeoutMs: 1500 });
    expect(errorOf(result)).toMatchObject({ code: 'VDPA-SSH-003', exitCode: 4, message: 'no answer within 1.5 s' });
  });

  it('are left at once by an interrupt', async () => {
    const controller = new AbortController();
    const running = detectOverSsh(['slow', 'node0'], { env, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(running).rejects.toThrow('enough');
  });

  it('are not trusted when their host key is unknown', async () => {
    const strange = sshThat(
      'strange',
      `exec /usr/bin/ssh -F ${join(folder, 'config')} -o UserKnownHostsFile=/dev/null "$@"`,
    );
    const [result] = await detectOverSsh(['node0'], { env: strange });
    expect(errorOf(result)?.code).toBe('VDPA-SSH-001');
    expect(errorOf(result)?.details.join()).toContain('Host key verification failed');
  });
});

describe('what is handed to ssh', () => {
  it('is the host as a host, the script on its input, and no question', async () => {
    const stand = sshThat(
      'stand-in',
      `printf '%s\\n' "$@" >"${join(folder, 'args')}"; while [ "$1" != -- ]; do shift; done; sh -s`,
    );
    const [result] = await detectOverSsh(['me@example.com'], { env: stand });
    expect(errorOf(result)).toBeNull();
    const args = readFileSync(join(folder, 'args'), 'utf8').trim().split('\n');
    expect(args.slice(-3)).toEqual(['--', 'me@example.com', 'exec sh -s']);
    expect(args).toContain('BatchMode=yes');
  });

  it.each(['-oProxyCommand=touch /tmp/x', '-', '', 'a b', 'a\nb', '\u001b[2J', 'x'.repeat(2000)])(
    '%j is refused before any host is asked',
    async (host) => {
      const stand = sshThat('never', `touch "${join(folder, 'asked')}"`);
      await expect(detectOverSsh(['good', host], { env: stand })).rejects.toMatchObject({
        code: 'VDPA-USAGE-001',
        exitCode: 2,
      });
      expect(existsSync(join(folder, 'asked'))).toBe(false);
    },
  );

  it('runs at most as many at a time as it is told', async () => {
    const at = join(folder, 'running');
    mkdirSync(at);
    const stand = sshThat(
      'counted',
      `touch "${at}/$$"; sleep 0.2; ls "${at}" | wc -l >>"${folder}/counts"; rm "${at}/$$"; exit 255`,
    );
    const results = await detectOverSsh(
      Array.from({ length: 7 }, (_, index) => `h${index}`),
      { env: stand, concurrency: 3 },
    );
    expect(results.map((result) => errorOf(result)?.where)).toEqual(
      Array.from({ length: 7 }, (_, index) => `h${index}`),
    );
    const counts = readFileSync(join(folder, 'counts'), 'utf8').trim().split('\n').map(Number);
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
    expect(Math.max(...counts)).toBeGreaterThan(1);
  });

  it('says so when there is no ssh', async () => {
    const nothing = detectOverSsh(['node0'], { env: { PATH: folder } });
    await expect(nothing).rejects.toMatchObject({
      code: 'VDPA-SSH-001',
      next: expect.stringContaining('openssh-client'),
    });
  });

  it('gives up on a host that sends without end', async () => {
    const flood = sshThat('flood', 'exec cat /dev/zero');
    const [result] = await detectOverSsh(['node0'], { env: flood });
    expect(errorOf(result)?.code).toBe('VDPA-SSH-002');
  });

  it('keeps what a host says from the terminal', async () => {
    const rude = sshThat('rude', `printf '\\033]0;owned\\007line\\n' >&2; exit 255`);
    const [result] = await detectOverSsh(['node0'], { env: rude });
    expect(errorOf(result)?.details.join('')).toMatch(/^[\x20-\x7e]*line$/);
  });
});

async function freePort(): Promise<number> {
  const probeServer = createServer();
  const port = await new Promise<number>((resolve) =>
    probeServer.listen(0, '127.0.0.1', () => {
      const address = probeServer.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  await new Promise((resolve) => probeServer.close(resolve));
  return port;
}

async function listening(port: number): Promise<void> {
  const { connect } = process.getBuiltinModule('node:net');
  for (let round = 0; round < 200; round += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('sshd does not listen');
}
