// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { ask } from '../../../src/process/ask.ts';
import { run } from '../../../src/process/run.ts';
import { attach, canHost, detach, Shell, startHost, volume } from './host.ts';

const sources = join(packageRoot(), 'dataplane', 'isolate');
const folder = mkdtempSync(join(tmpdir(), 'vdpactl-isolate-'));
const isolate = join(folder, 'vdpa-isolate');
const hasCompiler = ask('cc', ['--version']) !== null && ask('make', ['--version']) !== null;
const hosts = await canHost();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasCompiler)('vdpa-isolate', () => {
  beforeAll(async () => {
    const built = await run('make', ['-s', '-C', sources, `BUILD=${folder}`], { timeoutMs: 120_000 });
    expect(built.exitCode, built.all).toBe(0);
  }, 120_000);

  it.each([
    ['nothing', []],
    ['no program', ['--device-dir', '/run/vdpa/dev/A', '--']],
    ['no device', ['--', 'true']],
    ['no absolute path', ['--device-dir', 'dev/A', '--', 'true']],
    ['an option that there is not', ['--device-dir', '/run/vdpa/dev/A', '--all', 'x', '--', 'true']],
    ['a folder that is no device', ['--device-dir', '/usr/bin', '--', 'true']],
    ['the devices of the machine', ['--device-dir', '/dev/shm', '--', 'true']],
  ])('refuses to start with %s', async (_what, args) => {
    const result = await run(isolate, args);
    expect(result.all).toMatch(/^vdpa-isolate: /);
    expect(result.exitCode).toBe(2);
  });

  it('says how it is used', async () => {
    const result = await run(isolate, ['--help']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('--device-dir RUN-DIR/dev/DEVICE');
  });

  describe.skipIf(!hosts)(`on a host of two devices${hosts ? '' : ': needs root and mounts'}`, () => {
    let host: Shell;
    const shells: Shell[] = [];
    beforeEach(async () => {
      host = await startHost();
    });
    afterEach(async () => {
      for (const shell of shells.splice(0)) await shell.end();
      await host.end();
    });

    const enter = (shell: Shell): string[] => ['-t', String(shell.pid), '-m'];
    /** A shell as the backend of a device, started from the name space of another. */
    async function backend(device: string, from = host, options: readonly string[] = []): Promise<Shell> {
      const args = [isolate, '--device-dir', `/var/run/vdpa/dev/${device}`, ...options, '--', 'sh'];
      const shell = new Shell('nsenter', [...enter(from), ...args]);
      shells.push(shell);
      await shell.must('true');
      return shell;
    }
    const once = (device: string, options: readonly string[] = [], program = ['true']) =>
      run('nsenter', [
        ...enter(host),
        isolate,
        '--device-dir',
        `/var/run/vdpa/dev/${device}`,
        ...options,
        '--',
        ...program,
      ]);
    const socketOf = (shell: Shell, device: string) => shell.sh(`cat /var/run/vdpa/dev/${device}/vhost.sock`);

    it('shows an attachment to the backend of its device, when it comes and as long as it stays', async () => {
      const [a, b] = [await backend('A'), await backend('B')];
      expect((await socketOf(a, 'A')).code).not.toBe(0);
      await host.must(attach('A'));
      expect(await socketOf(a, 'A')).toEqual({ text: 'A', code: 0 });
      expect((await socketOf(b, 'A')).code).not.toBe(0);
      expect(await b.must('ls -A /run/vdpa/dev/A')).toBe('');
      await host.must(attach('B'));
      expect(await socketOf(b, 'B')).toEqual({ text: 'B', code: 0 });
      expect((await socketOf(a, 'B')).code).not.toBe(0);
      await host.must(detach('A'));
      expect((await socketOf(a, 'A')).code).not.toBe(0);
      await host.must(attach('A'));
      expect((await socketOf(a, 'A')).text).toBe('A');
    });

    it('does the same for a backend that is started when its device is attached already', async () => {
      await host.must(attach('A'));
      await host.must(attach('B'));
      const a = await backend('A');
      expect((await socketOf(a, 'A')).text).toBe('A');
      expect((await socketOf(a, 'B')).code).not.toBe(0);
      await host.must(detach('A'));
      expect((await socketOf(a, 'A')).code).not.toBe(0);
      // What the pod had is not held on to by anything in there.
      expect(await a.must('cat /proc/self/mountinfo')).not.toContain('uid-A');
      await host.must(attach('A'));
      expect((await socketOf(a, 'A')).text).toBe('A');
    });

    it('does the same inside a container, which only receives mounts', async () => {
      await host.must(attach('B'));
      const container = new Shell('nsenter', [...enter(host), 'unshare', '-m', '--propagation', 'slave', 'sh']);
      shells.push(container);
      await container.must('true');
      const a = await backend('A', container);
      await host.must(attach('A'));
      expect((await socketOf(a, 'A')).text).toBe('A');
      expect((await socketOf(a, 'B')).code).not.toBe(0);
      await host.must(detach('A'));
      expect((await socketOf(a, 'A')).code).not.toBe(0);
    });

    it('hides everything else of the node, and what comes to it later', async () => {
      await host.must(attach('B'));
      const a = await backend('A');
      expect(await a.must('ls -A /run/vdpa; ls -A /var/run/vdpa/dev/B; ls -A /var/lib/kubelet')).toBe('dev');
      await host.must(`mkdir -p /run/vdpa/dev/C && mount -t tmpfs C /run/vdpa/dev/C && mount --make-shared /run/vdpa/dev/C &&
        mkdir ${volume('C')} -p && echo C >${volume('C')}/vhost.sock && ${attach('C')}`);
      expect((await socketOf(a, 'C')).code).not.toBe(0);
      await host.must('mkdir /var/lib/kubelet/x && mount -t tmpfs x /var/lib/kubelet/x && echo x >/run/vdpa/new');
      expect(await a.must('ls -A /run/vdpa; ls -A /var/lib/kubelet')).toBe('dev');
      // A folder that it made would be on the host, and there in the way.
      expect((await a.sh('mkdir /run/vdpa/dev/D')).code).not.toBe(0);
      expect(await a.must('touch /run/vdpa/own && ls /run/vdpa')).toBe('dev\nown');
      expect(await host.must('ls /run/vdpa')).not.toContain('own');
    });

    it('keeps what it is told to keep, and hides what it is told to hide', async () => {
      await host.must('mkdir -p /var/lib/other/pods /run/vdpa/log/x && echo log >/run/vdpa/log/x/A.log');
      const keep = ['--keep', '/var/run/vdpa/wires/A.sock', '--keep', '/run/vdpa/log', '--keep', '/usr/bin'];
      const a = await backend('A', host, [...keep, '--hide', '/var/lib/other']);
      expect(await a.must('cat /run/vdpa/wires/*; ls /run/vdpa/wires /run/vdpa')).toBe(
        'wire\n/run/vdpa:\ndev\nlog\nwires\n\n/run/vdpa/wires:\nA.sock',
      );
      expect(await a.must('ls -A /var/lib/other')).toBe('');
      await a.must('echo more >>/run/vdpa/log/x/A.log');
      expect(await host.must('cat /run/vdpa/log/x/A.log')).toBe('log\nmore');
    });

    it('lets no link of a workload lead to another device', async () => {
      await host.must(attach('A'));
      await host.must(attach('B'));
      const [a, b] = [await backend('A'), await backend('B')];
      for (const target of [
        '/run/vdpa/dev/B/vhost.sock',
        '../B/vhost.sock',
        '../../../../../../uid-B/volumes/kubernetes.io~empty-dir/vdpa/net1/vhost.sock',
        `${volume('B')}/vhost.sock`,
        `/proc/${b.pid}/root/run/vdpa/dev/B/vhost.sock`,
        `/proc/${host.pid}/root/run/vdpa/dev/B/vhost.sock`,
        `/proc/${host.pid}/cwd/run/vdpa/dev/B/vhost.sock`,
        '/proc/1/root/run/vdpa/dev/B/vhost.sock',
      ]) {
        await host.must(`ln -sf ${target} ${volume('A')}/link`);
        expect((await a.sh('cat /run/vdpa/dev/A/link')).code, target).not.toBe(0);
      }
      expect((await socketOf(a, 'A')).text).toBe('A');
      // It can look at itself as any program can.
      expect(await a.must('readlink /proc/self/root /proc/$$/root')).toBe('/\n/');
      expect(await a.must('grep -c . /proc/$$/maps')).not.toBe('0');
    });

    it('starts in no folder that is hidden', async () => {
      await host.must(attach('B'));
      const script = `cd /run/vdpa/dev/B && ${isolate} --device-dir /run/vdpa/dev/A -- readlink /proc/self/cwd`;
      expect(await host.must(script)).toBe('/');
    });

    it('hands on no descriptor but the standard three', async () => {
      const script = `exec 7</ 9<${volume('A')}; ${isolate} --device-dir /run/vdpa/dev/A -- ls /proc/self/fd`;
      // ls has one open itself, of the folder that it lists.
      expect(await host.must(script)).toBe('0\n1\n2\n3');
    });

    it('does nothing to the mounts of the host, and leaves nothing behind', async () => {
      const before = await host.must('cat /proc/self/mountinfo; find /run/vdpa | sort');
      const a = await backend('A');
      expect(await host.must('cat /proc/self/mountinfo; find /run/vdpa | sort')).toBe(before);
      await a.end();
      expect(await host.must('cat /proc/self/mountinfo; find /run/vdpa | sort')).toBe(before);
      // A folder that a dead backend still held could not be unmounted for good: its tmpfs would stay in use.
      await host.must(attach('A'));
      await host.must(`${detach('A')} && umount /run/vdpa/dev/A && rmdir /run/vdpa/dev/A`);
    });

    it('does not keep the agent from taking a device away while its backend runs', async () => {
      await host.must(attach('A'));
      await backend('A');
      await host.must(`${detach('A')} && umount /run/vdpa/dev/A && rmdir /run/vdpa/dev/A`);
    });

    it('ends as the program does, or says why there is none', async () => {
      expect(await once('A', [], ['sh', '-c', 'exit 42'])).toMatchObject({ exitCode: 42, all: '' });
      expect((await once('A', [], ['/nowhere'])).exitCode).toBe(127);
      expect((await once('A', [], ['/etc/passwd'])).exitCode).toBe(126);
    });

    it('refuses a folder that would not show an attachment', async () => {
      await host.must(
        'mkdir /run/vdpa/dev/C && mkdir /run/vdpa/dev/E && ln -s A /run/vdpa/dev/F && touch /run/vdpa/dev/G',
      );
      await host.must('mount -t tmpfs E /run/vdpa/dev/E && mount --make-private /run/vdpa/dev/E');
      for (const [device, why] of [
        ['C', 'is not a mount of its own: is the agent of this node running?'],
        ['E', 'is a private mount'],
        ['F', 'it has to be a folder, and no link to one'],
        ['G', 'it has to be a folder'],
        ['none', 'No such file or directory'],
      ] as const) {
        const result = await once(device);
        expect(result.all).toContain(why);
        expect(result.exitCode).toBe(125);
      }
    });

    it.each([
      [2, ['--keep', '/run/vdpa/dev']],
      [2, ['--keep', '/run/vdpa/dev/B']],
      [2, ['--keep', '/run/vdpa']],
      [2, ['--keep', '/']],
      [2, ['--keep', '/var/lib/kubelet']],
      [2, ['--keep', 'wires']],
      [2, ['--hide', '/']],
      [2, ['--hide', '/run']],
      [125, ['--keep', '/run/vdpa/nothing']],
      [125, ['--hide', '/nowhere']],
    ])('ends with %i for %j', async (code, options) => {
      const result = await once('A', options);
      expect(result.exitCode, result.all).toBe(code);
      expect(result.all).toContain(options[1]);
    });

    it('refuses without privileges, and says what it needs', async () => {
      const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--bounding-set', '-all'];
      const args = [...enter(host), ...nobody, isolate, '--device-dir', '/run/vdpa/dev/A', '--', 'true'];
      await run('chmod', ['755', folder]);
      const result = await run('nsenter', args);
      expect(result.all).toContain('it needs CAP_SYS_ADMIN: run it as root');
      expect(result.exitCode).toBe(77);
    });
  });
});
