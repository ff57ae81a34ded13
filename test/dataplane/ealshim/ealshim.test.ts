// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { ask } from '../../../src/process/ask.ts';
import { type RunResult, run } from '../../../src/process/run.ts';

const sources = join(packageRoot(), 'dataplane', 'ealshim');
const here = join(packageRoot(), 'test', 'dataplane', 'ealshim');
const folder = mkdtempSync(join(tmpdir(), 'vdpactl-ealshim-'));
const argsFile = join(folder, 'eal.args');
const buildTimeoutMs = 120_000;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasCompiler = ask('cc', ['--version']) !== null && ask('make', ['--version']) !== null;
const dpdkFlags = (ask('pkg-config', ['--cflags', 'libdpdk']) ?? '').split(/\s+/).filter((flag) => flag !== '');

async function mustRun(file: string, args: readonly string[]): Promise<void> {
  const result = await run(file, args, { timeoutMs: buildTimeoutMs });
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.failure ?? ''}\n${result.all}`);
}

describe('what needs no DPDK', () => {
  it('passes its own tests, under sanitizers', { timeout: buildTimeoutMs }, async (test) => {
    if (!hasCompiler) return test.skip('needs a C compiler and make');
    const probe = join(folder, 'probe.c');
    writeFileSync(probe, 'int main(void) { return 0; }\n');
    const sanitized = await run('cc', ['-fsanitize=address,undefined', probe, '-o', join(folder, 'probe')]);
    if (sanitized.exitCode !== 0) return test.skip('needs the sanitizers of the C compiler');
    const tested = await run('make', ['-s', '-C', sources, `BUILD=${folder}/tested`, 'test'], {
      timeoutMs: buildTimeoutMs,
    });
    expect(
      tested.all.split('\n').filter((line) => line === 'all passed'),
      tested.all,
    ).toHaveLength(2);
    expect(tested.exitCode).toBe(0);
  });
});

const whyNot = !hasCompiler ? 'needs a C compiler and make' : dpdkFlags.length === 0 ? 'needs the DPDK headers' : null;

describe.skipIf(whyNot !== null)(
  `ealshim in front of a stand-in for DPDK${whyNot === null ? '' : `: ${whyNot}`}`,
  () => {
    const program = join(folder, 'program');
    const shim = join(folder, 'built', 'libealshim.so');
    let built: Promise<void> | null = null;

    async function build(): Promise<void> {
      await mustRun('make', ['-s', '-C', sources, `BUILD=${folder}/built`]);
      const strict = ['-Wall', '-Wextra', '-Werror', '-g', ...dpdkFlags];
      const library = join(folder, 'libdpdk-stand-in.so');
      await mustRun('cc', [...strict, '-fPIC', '-shared', join(here, 'eal-stand-in.c'), '-o', library]);
      await mustRun('cc', [...strict, join(here, 'dpdk-program.c'), '-o', program, library, `-Wl,-rpath,${folder}`]);
    }

    /** Runs the program behind the shim. `args: null` leaves the variable unset. */
    async function runProgram(
      args: readonly string[],
      env: Record<string, string> = {},
      file: string | null = argsFile,
    ): Promise<RunResult> {
      built ??= build();
      await built;
      return run(program, args, {
        env: { LD_PRELOAD: shim, ...(file === null ? {} : { VDPACTL_EAL_ARGS: file }), ...env },
        timeoutMs: 10_000,
      });
    }

    const put = (...lines: string[]): void => writeFileSync(argsFile, lines.map((line) => `${line}\n`).join(''));
    /** The lines of standard output that begin with `word`, without it. */
    const lines = (result: RunResult, word: string): string[] =>
      result.stdout.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
    const merged = (result: RunResult): string[] => lines(result, 'eal arg').slice(1);

    it('puts the arguments of the attachment before those of the program', { timeout: buildTimeoutMs }, async () => {
      put('--vdev=net_virtio_user0,path=/a b,server=1', '--no-pci');
      const result = await runProgram(['-l', '0', '--', '-p', '0x1', '--', '-x']);
      expect(merged(result)).toEqual([
        '--vdev=net_virtio_user0,path=/a b,server=1',
        '--no-pci',
        '-l',
        '0',
        '--',
        '-p',
        '0x1',
        '--',
        '-x',
      ]);
      expect(lines(result, 'eal argc')).toEqual(['10']);
      expect(lines(result, 'eal end')).toEqual(['NULL']);
      // The program goes on as if it had been alone with EAL: from its "--", which EAL has made its name.
      expect(lines(result, 'result')).toEqual(['3']);
      expect(lines(result, 'own')).toEqual([program, '-p', '0x1', '--', '-x']);
      expect(result.exitCode).toBe(0);
    });

    it.each<[string, string[], string[], string[]]>([
      ['no arguments of its own', [], ['0'], [program]],
      ['EAL arguments only', ['-l', '0'], ['2'], [program]],
      ['nothing before --', ['--', '-p'], ['1'], [program, '-p']],
      ['nothing after --', ['-l', '0', '--'], ['3'], [program]],
    ])('is not noticed by a program with %s', async (_what, args, result, own) => {
      for (const attachment of [[], ['--no-pci'], ['# none', '', '--vdev', 'a', '--no-pci']]) {
        put(...attachment);
        const ran = await runProgram(args);
        expect(lines(ran, 'result')).toEqual(result);
        expect(lines(ran, 'own')).toEqual(own);
        expect(merged(ran).slice(-args.length || Number.MAX_SAFE_INTEGER)).toEqual(args);
        expect(ran.stderr).toBe('');
      }
    });

    it('hands on what EAL answers, less what it has added', async () => {
      put('--a', '--b');
      const resultFor = async (eal: number): Promise<string[]> =>
        lines(await runProgram(['-l', '0'], { STAND_IN_RESULT: String(eal) }), 'result');
      expect(await resultFor(-1)).toEqual(['-1']);
      expect(await resultFor(-95)).toEqual(['-95']);
      expect(await resultFor(4)).toEqual(['2']);
      expect(await resultFor(2)).toEqual(['0']);
      expect(await resultFor(0)).toEqual(['0']);
    });

    it.each(['0', '-3'])('gives EAL a program name when the program says that it has %s arguments', async (argc) => {
      put('--a', '--b');
      const result = await runProgram(['ignored'], { PROGRAM_ARGC: argc });
      expect(lines(result, 'eal arg')).toEqual([program, '--a', '--b']);
      expect(lines(result, 'eal end')).toEqual(['NULL']);
      expect(lines(result, 'result')).toEqual(['0']);
    });

    it('refuses to start without an attachment, and says where it looked and why', async () => {
      const missing = join(folder, 'none');
      const fifo = join(folder, 'fifo');
      expect(ask('mkfifo', [fifo])).toBe('');
      mkdirSync(join(folder, 'folder'));
      put('x'.repeat(70_000));
      for (const [file, reason] of [
        [missing, 'No such file or directory'],
        [join(folder, 'folder'), 'Is a directory'],
        [fifo, 'Invalid argument'],
        [argsFile, 'File too large'],
      ] as const) {
        const result = await runProgram(['-l', '0'], {}, file);
        expect(result.stderr).toBe(`ealshim: cannot read the attachment's arguments from ${file}: ${reason}`);
        expect(result.stdout).toBe('result -1\nown '.concat(program, '\nown -l\nown 0'));
      }
      for (const file of [null, ''])
        expect((await runProgram([], {}, file)).stderr).toContain('from /var/run/vdpa/eal.args: ');
    });

    it('leaves a program alone that has nothing to do with DPDK', async () => {
      await runProgram([]);
      const result = await run('sh', ['-c', 'echo ok'], { env: { LD_PRELOAD: shim, PATH: process.env['PATH'] } });
      expect(result).toMatchObject({ exitCode: 0, stdout: 'ok', stderr: '' });
    });

    describe('configures a port', () => {
      const ipv4 = 0x2;
      const udp = 0x4;
      const tcp = 0x8;
      const scatter = 0x2000;
      const rss = 1;
      const configured = async (env: Record<string, number>): Promise<RunResult> => {
        put();
        return runProgram([], Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])));
      };
      const hex = (value: number): string => `0x${value.toString(16)}`;

      it.each<[string, Record<string, number>, number, number]>([
        ['without the checksum offloads that it lacks', { STAND_IN_OFFLOADS: udp }, udp | scatter, 0],
        ['with those that it has', { STAND_IN_OFFLOADS: ipv4 | udp | tcp }, ipv4 | udp | tcp | scatter, 0],
        [
          'without RSS that it lacks',
          { STAND_IN_OFFLOADS: ipv4 | udp | tcp, PROGRAM_MQ: rss },
          ipv4 | udp | tcp | scatter,
          0,
        ],
        [
          'with RSS that it has',
          { STAND_IN_OFFLOADS: ipv4 | udp | tcp, PROGRAM_MQ: rss, STAND_IN_RSS: 1 },
          ipv4 | udp | tcp | scatter,
          rss,
        ],
        [
          'as it is asked to, when it cannot say what it has',
          { STAND_IN_NO_PORT: 1, PROGRAM_MQ: rss },
          ipv4 | udp | tcp | scatter,
          rss,
        ],
      ])('%s, and leaves the rest of the request as it is', async (_what, env, rx, mq) => {
        const asked = ipv4 | udp | tcp | scatter;
        const result = await configured({ PROGRAM_OFFLOADS: asked, PROGRAM_TX: 0x10000, ...env });
        expect(lines(result, 'configure')).toEqual([
          `port 3 queues 1 2 rx ${hex(rx)} tx 0x10000 mq ${mq} lsc 0`,
          'without a request',
        ]);
        expect(lines(result, 'queue')).toEqual([
          `port 3 queue 1 descriptors 512 socket 0 rx ${hex(rx)} pool (nil)`,
          'without a request',
        ]);
        expect(lines(result, 'configured')).toEqual(['17']);
        expect(lines(result, 'set')).toEqual(['up 18']);
        expect(lines(result, 'still')).toEqual([`asks for ${hex(asked)} ${hex(asked)}`, 'has lsc 0']);
        const changed = rx !== asked || mq !== (env['PROGRAM_MQ'] ?? 0);
        expect(result.stderr).toMatch(changed ? /left out of the program's request/ : /^$/);
      });

      it.each<[string, 0 | 1, Record<string, string>]>([
        ['on a port that waits for its backend', 1, {}],
        ['on the second of them', 1, { STAND_IN_NAME: 'net_virtio_user1' }],
        ['which the program has asked for itself', 1, { STAND_IN_NAME: 'net_tap0', PROGRAM_LSC: '1' }],
        ['but not on one without link interrupts', 0, { STAND_IN_LSC: '' }],
        [
          'but not on a vhost-vdpa device, whose driver sees its link only when asked',
          0,
          { STAND_IN_NAME: 'net_virtio_user2' },
        ],
        ["but not on a port of the program's own", 0, { STAND_IN_NAME: 'net_virtio_user7' }],
        ['but not on one without a name', 0, { STAND_IN_NAME: '' }],
      ])('with link interrupts %s', async (_what, wanted, env) => {
        put(
          '--vdev=net_virtio_user0,path=/a,server=1',
          '--vdev=net_virtio_user1,path=/b,server=1',
          '--vdev=net_virtio_user2,path=/dev/vhost-vdpa-0',
        );
        const given = { STAND_IN_NAME: 'net_virtio_user0', STAND_IN_LSC: '1', PROGRAM_OFFLOADS: '0', ...env };
        const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
        const result = await runProgram([], set);
        expect(lines(result, 'configure')[0]).toMatch(new RegExp(` lsc ${wanted}$`));
        expect(lines(result, 'still')).toContain(`has lsc ${env['PROGRAM_LSC'] ?? 0}`);
        expect(result.stderr).toBe('');
      });
    });
  },
);
