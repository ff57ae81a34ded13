// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { ask } from '../../../src/process/ask.ts';
import { run } from '../../../src/process/run.ts';

const sources = join(packageRoot(), 'dataplane', 'entry');
const here = join(packageRoot(), 'test', 'dataplane', 'entry');
const folder = mkdtempSync(join(tmpdir(), 'vdpactl-entry-'));
const vdpaRun = join(folder, 'vdpa-run');
const program = join(folder, 'print-arguments');
const hasCompiler = ask('cc', ['--version']) !== null && ask('make', ['--version']) !== null;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const attachment = ['--vdev=net_virtio_user0,path=/var/run/vdpa/net1/vhost.sock,server=1', '--in-memory'];
const lines = attachment.map((line) => `${line}\n`).join('');

describe.skipIf(!hasCompiler)('vdpa-run', () => {
  let count = 0;
  let dir = '';
  let file = '';
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    const built = await run('make', ['-s', '-C', sources, `BUILD=${folder}`], { timeoutMs: 120_000 });
    expect(built.exitCode, built.all).toBe(0);
    const compiled = await run('cc', [join(here, 'print-arguments.c'), '-o', program]);
    expect(compiled.exitCode, compiled.all).toBe(0);
  }, 120_000);
  beforeEach(() => {
    count += 1;
    dir = join(folder, `dir-${count}`);
    file = join(dir, 'eal.args');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const env = () => ({ VDPA_DIR: dir, PATH: process.env['PATH'] });
  const put = (text = lines): void => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, text);
  };
  const putByRename = (text = lines): void => {
    writeFileSync(join(dir, '.eal.args.new'), text);
    renameSync(join(dir, '.eal.args.new'), file);
  };
  const own = async (args: readonly string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(vdpaRun, args, { env: env(), encoding: 'buffer' });
    return stdout.toString('utf8').split('\0').slice(0, -1);
  };

  interface Waiting {
    readonly child: ChildProcess;
    text(): string;
    /** Until it says that it waits for this reason. */
    waits(reason: string): Promise<void>;
    ended(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
  }
  function start(args: readonly string[] = [program, '-l', '0', '--', '-p', '1']): Waiting {
    const child = spawn(vdpaRun, args, { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
    const closed = once(child, 'close');
    return {
      child,
      text: () => text,
      async waits(reason) {
        while (!text.includes(`vdpa-run: waiting for ${file}: ${reason}\n`)) {
          if (child.exitCode !== null) throw new Error(`ended: ${text}`);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      },
      async ended() {
        await closed;
        return { code: child.exitCode, signal: child.signalCode };
      },
    };
  }
  const missing = 'No such file or directory';
  const merged = [program, '-l', '0', ...attachment, '--', '-p', '1', ''].join('\0');

  describe('puts the arguments of the attachments', () => {
    it.each<[string, string[], string[]]>([
      ['at the end of a program without its own', ['-l', '0'], ['-l', '0', ...attachment]],
      ['behind the name of a program without any', [], attachment],
      ['before --', ['-l', '0', '--', '-p', '1'], ['-l', '0', ...attachment, '--', '-p', '1']],
      ['before the first --', ['--', '-x', '--', '--'], [...attachment, '--', '-x', '--', '--']],
      ['before a -- at the end', ['-l', '0', '--'], ['-l', '0', ...attachment, '--']],
      ['not before what only begins like that', ['---', '--x'], ['---', '--x', ...attachment]],
    ])('%s', async (_what, args, expected) => {
      put();
      expect(await own([program, ...args])).toEqual([program, ...expected]);
      expect(await own(['--timeout', '1', '--', program, ...args])).toEqual([program, ...expected]);
    });

    it('whatever the command is, and leaves all of that in its order', { timeout: 120_000 }, async () => {
      const word = fc.oneof(
        fc.constantFrom('--', '-l', '', '--timeout', '--print'),
        fc.string({ unit: 'grapheme', maxLength: 6 }),
      );
      const args = fc.array(
        word.map((text) => text.replaceAll('\0', '')),
        { maxLength: 8 },
      );
      const line = fc.stringMatching(/^[ -~]{1,12}$/).filter((text) => !text.startsWith('#') && text !== '--');
      await fc.assert(
        fc.asyncProperty(args, fc.array(line, { minLength: 1, maxLength: 4 }), async (given, extra) => {
          put(extra.map((text) => `${text}\n`).join(''));
          const got = await own([program, ...given]);
          const at = given.includes('--') ? given.indexOf('--') : given.length;
          expect(got).toEqual([program, ...given.slice(0, at), ...extra, ...given.slice(at)]);
        }),
        { numRuns: 100 },
      );
    });

    it('as ealshim reads them: without comments, blank lines and what Windows adds', async () => {
      put('# made by hand\r\n\r\n--no-pci\r\n  --x y \n');
      expect(await own([program])).toEqual([program, '--no-pci', '  --x y ']);
    });
  });

  it('prints the command instead, for a shell to take apart again', { timeout: 120_000 }, async () => {
    const args = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(args, async (given) => {
        put();
        const printed = await run(vdpaRun, ['--print', program, ...given], { env: env() });
        const direct = await own([program, ...given]);
        const again = spawnSync('sh', ['-c', printed.stdout], { encoding: 'utf8' });
        expect(again.stdout.split('\0').slice(0, -1)).toEqual(direct);
      }),
      { numRuns: 50 },
    );
    const simple = await run(vdpaRun, ['--print', 'dpdk-l3fwd', '-l', '1', '--', '--config', '(0,0,1)'], {
      env: env(),
    });
    expect(simple.stdout).toBe(`dpdk-l3fwd -l 1 ${attachment.join(' ')} -- --config '(0,0,1)'`);
  });

  describe('waits', () => {
    const ready = async (waiting: Waiting): Promise<void> => {
      const put = performance.now();
      expect(await waiting.ended()).toEqual({ code: 0, signal: null });
      // By itself it would look again after two seconds.
      expect(performance.now() - put).toBeLessThan(1500);
      expect(waiting.text().endsWith(merged)).toBe(true);
    };

    it('for a file that is put into a folder', async () => {
      mkdirSync(dir);
      const waiting = start();
      await waiting.waits(missing);
      putByRename();
      await ready(waiting);
      expect(waiting.text().match(/waiting/g)).toHaveLength(1);
    });

    it('for folders that come one after another, or all at once', async () => {
      dir = join(dir, 'a', 'b', 'c');
      file = join(dir, 'eal.args');
      const slow = start();
      await slow.waits(missing);
      for (const part of ['a', 'a/b', 'a/b/c']) {
        mkdirSync(join(folder, `dir-${count}`, part), { recursive: true });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      putByRename();
      await ready(slow);
      rmSync(join(folder, `dir-${count}`), { recursive: true });
      const fast = start();
      await fast.waits(missing);
      put();
      await ready(fast);
    });

    it('for a folder that is taken away and comes again', async () => {
      mkdirSync(dir);
      const waiting = start();
      await waiting.waits(missing);
      rmSync(dir, { recursive: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
      put();
      await ready(waiting);
    });

    it('for the whole of a file that is empty or written in pieces', async () => {
      put('');
      const waiting = start();
      await waiting.waits('it is empty');
      appendFileSync(file, lines.slice(0, 20));
      await waiting.waits('its last line has no end');
      appendFileSync(file, lines.slice(20));
      await ready(waiting);
    });

    it('in a folder that a link leads to', async () => {
      mkdirSync(`${dir}-real`);
      symlinkSync(`${dir}-real`, dir);
      const waiting = start();
      await waiting.waits(missing);
      putByRename();
      await ready(waiting);
    });

    it('in a folder that is mounted later', async (test) => {
      mkdirSync(dir);
      mkdirSync(`${dir}-real`);
      writeFileSync(join(`${dir}-real`, 'eal.args'), lines);
      const waiting = start();
      await waiting.waits(missing);
      if (spawnSync('mount', ['--bind', `${dir}-real`, dir]).status !== 0) return test.skip('needs root and mounts');
      try {
        expect(await waiting.ended()).toEqual({ code: 0, signal: null });
      } finally {
        spawnSync('umount', [dir]);
      }
    });

    it('without turning round and round', async () => {
      mkdirSync(dir);
      const waiting = start();
      await waiting.waits(missing);
      const before = cpuTicks(waiting.child.pid);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(cpuTicks(waiting.child.pid) - before).toBeLessThan(3);
    });

    it.each([
      ['SIGTERM', 143],
      ['SIGINT', 130],
      ['SIGHUP', 129],
    ] as const)('until %s, at once', async (signal, code) => {
      const waiting = start();
      await waiting.waits(missing);
      const began = performance.now();
      waiting.child.kill(signal);
      expect(await waiting.ended()).toEqual({ code, signal: null });
      expect(performance.now() - began).toBeLessThan(1000);
    });

    it('until SIGTERM as the first process of a container too', async (test) => {
      const args = ['-p', '-f', '--kill-child', vdpaRun, program];
      const child = spawn('unshare', args, { env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
      children.push(child);
      let said = '';
      child.stderr.on('data', (chunk) => (said += chunk));
      while (!said.includes('waiting') && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5));
      if (!said.includes('waiting')) return test.skip('needs root');
      const inner = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      process.kill(Number(inner), 'SIGTERM');
      await once(child, 'exit');
      expect(child.exitCode).toBe(143);
    });

    it('no longer than it is told to, and says what there was', async () => {
      const none = start(['--timeout', '1', program]);
      expect(await none.ended()).toEqual({ code: 124, signal: null });
      expect(none.text()).toContain(`vdpa-run: gave up waiting for ${file} after 1 s: ${missing}\n`);
      put('--no-pci');
      const partial = start(['--timeout', '0', '--print', program]);
      expect(await partial.ended()).toEqual({ code: 124, signal: null });
      expect(partial.text()).toBe(`vdpa-run: gave up waiting for ${file} after 0 s: its last line has no end\n`);
      put();
      expect(await start(['--timeout', '0', program]).ended()).toEqual({ code: 0, signal: null });
    });
  });

  it.each<[string, () => void, string]>([
    ['a folder', () => mkdirSync(file, { recursive: true }), 'Is a directory'],
    ['too large', () => put('x'.repeat(70_000)), 'File too large'],
    ['no text', () => put('--no-pci\n\0\n'), 'Invalid or incomplete multibyte or wide character'],
    ["with a line '--'", () => put('--no-pci\n--\n-x\n'), "it has a line '--'"],
  ])('does not wait for a file that is %s', async (_what, make, why) => {
    make();
    const result = await run(vdpaRun, [program], { env: env() });
    expect(result).toMatchObject({ exitCode: 125, stdout: '', stderr: `vdpa-run: cannot use ${file}: ${why}` });
  });

  it('says that it may not read the file, or start the program', async (test) => {
    put();
    expect(await run(vdpaRun, ['/nowhere'], { env: env() })).toMatchObject({
      exitCode: 127,
      stderr: 'vdpa-run: cannot start /nowhere: No such file or directory',
    });
    expect((await run(vdpaRun, [file], { env: env() })).exitCode).toBe(126);
    chmodSync(file, 0);
    chmodSync(folder, 0o755);
    const nobody = ['--reuid', '65534', '--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all'];
    if (ask('setpriv', [...nobody, 'true']) === null) return test.skip('needs root');
    const result = await run('setpriv', [...nobody, vdpaRun, program], { env: env() });
    expect(result).toMatchObject({ exitCode: 125, stderr: `vdpa-run: cannot use ${file}: Permission denied` });
  });

  it.each([
    [[]],
    [['--']],
    [['--print']],
    [['--timeout', 'x', 'true']],
    [['--timeout', '-1', 'true']],
    [['--timeout', '1.5', 'true']],
    [['--timeout']],
    [['--wait', 'true']],
  ])('refuses %j', async (args) => {
    const result = await run(vdpaRun, args, { env: env() });
    expect(result.stderr).toContain('usage: vdpa-run');
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('says how it is used, and where it looks', async () => {
    expect(await run(vdpaRun, ['--help'])).toMatchObject({ exitCode: 0, stderr: '' });
    for (const folderOf of [undefined, '']) {
      const result = await run(vdpaRun, ['--timeout', '0', 'true'], {
        env: folderOf === undefined ? {} : { VDPA_DIR: '' },
      });
      expect(result.stderr).toContain(' /var/run/vdpa/eal.args ');
    }
  });
});

/** Ticks of 10 ms that a process has used. */
function cpuTicks(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
