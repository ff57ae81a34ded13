// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin, hasCompiler, type PluginInput, type PluginRun, runPlugin } from './plugin.ts';
import { answer, type StandInAgent, standInAgent } from './stand-in-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdpactl-cni-'));
const socket = join(folder, 'cni.sock');
const buildTimeoutMs = 120_000;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = JSON.stringify({ cniVersion: '1.0.0', name: 'net', type: 'vdpa', deviceID: '0000:03:00.1' });
const attach = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/a',
  CNI_IFNAME: 'net1',
  CNI_PATH: '/opt/cni/bin',
  CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_UID=1-2',
  VDPA_CNI_SOCKET: socket,
};

describe.skipIf(!hasCompiler)('the CNI plugin', () => {
  let plugin = '';
  let agent: StandInAgent;
  beforeAll(async () => {
    plugin = await buildPlugin(join(folder, 'built'));
    agent = await standInAgent(socket);
  }, buildTimeoutMs);
  afterAll(() => agent.close());
  beforeEach(() => {
    agent.requests.length = 0;
    agent.behaviour = (connection) => connection.end(answer(0, '{}'));
  });

  const call = (input: PluginInput, program = plugin): Promise<PluginRun> =>
    runPlugin(program, { env: attach, stdin: config, ...input });
  const failed = (result: PluginRun): Record<string, unknown> => {
    expect(result).toMatchObject({ code: 1, signal: null });
    return JSON.parse(result.stdout);
  };

  it('is a static program of a few kilobytes', () => {
    expect(statSync(plugin).size).toBeLessThan(process.arch === 'x64' || process.arch === 'arm64' ? 16_384 : 1_000_000);
  });

  it.each(['ADD', 'DEL', 'CHECK', 'STATUS', 'GC'])('hands %s to the agent and prints its answer', async (command) => {
    agent.behaviour = (connection) => connection.end(answer(0, '{"ips":[]}'));
    const env = { ...attach, CNI_COMMAND: command };
    const result = await call({ env: { ...env, PATH: '/bin', K8S_POD_NAME: 'not ours', cni_x: '' } });
    expect(result).toEqual({ code: 0, signal: null, stdout: '{"ips":[]}' });
    const { VDPA_CNI_SOCKET: _own, ...cni } = env;
    const sent = Object.entries(cni).map(([name, value]) => `${name}=${value}`);
    expect(agent.requests.map((request) => [...request.env].sort())).toEqual([sent.sort()]);
    expect(agent.requests[0]?.config.toString()).toBe(config);
  });

  it('ends with the code of the agent, and prints the error that it gives', async () => {
    for (const code of [1, 7, 255]) {
      agent.behaviour = (connection) => connection.end(answer(code, '{"code":100,"msg":"no"}'));
      expect(await call({})).toEqual({ code, signal: null, stdout: '{"code":100,"msg":"no"}' });
    }
    agent.behaviour = (connection) => connection.end(answer(0, ''));
    expect(await call({})).toEqual({ code: 0, signal: null, stdout: '' });
  });

  it('answers VERSION without an agent, in the version that it is asked in', async () => {
    const env = { CNI_COMMAND: 'VERSION', VDPA_CNI_SOCKET: join(folder, 'none') };
    const supportedVersions = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'];
    for (const [stdin, cniVersion] of [
      ['{"cniVersion":"0.4.0"}', '0.4.0'],
      ['{"name":"x","cniVersion":"1.0.0"}', '1.0.0'],
      ['{}', '1.1.0'],
      ['', '1.1.0'],
      ['no JSON', '1.1.0'],
    ] as const) {
      const result = await call({ env, stdin });
      expect(result.code).toBe(0);
      expect(JSON.parse(result.stdout)).toEqual({ cniVersion, supportedVersions });
    }
    expect(agent.requests).toEqual([]);
  });

  describe('refuses by itself, with the code of the specification', () => {
    it('an environment without an operation, and does not read standard input for that', async () => {
      const none = { cniVersion: '1.1.0', code: 4, msg: 'CNI_COMMAND is missing' };
      expect(failed(await call({ env: {} }))).toMatchObject(none);
      expect(failed(await call({ env: { CNI_COMMAND: '' } }))).toMatchObject(none);
      expect(spawnSync(plugin, { stdio: ['ignore', 'pipe', 'pipe'], env: {} }).status).toBe(1);
    });

    it('an operation that there is not', async () => {
      const error = failed(await call({ env: { ...attach, CNI_COMMAND: 'G"E\nT' } }));
      expect(error).toMatchObject({ cniVersion: '1.0.0', code: 4, details: 'G"E\nT' });
    });

    it.each([
      ['ADD', 'CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME'],
      ['CHECK', 'CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME'],
      ['DEL', 'CNI_CONTAINERID, CNI_IFNAME'],
    ])('%s without what it needs', async (command, details) => {
      const env = { CNI_COMMAND: command, VDPA_CNI_SOCKET: socket };
      expect(failed(await call({ env }))).toEqual({
        cniVersion: '1.0.0',
        code: 4,
        msg: 'environment variables are missing',
        details,
      });
    });

    it('but not DEL with an empty CNI_NETNS, or GC and STATUS with nothing', async () => {
      expect((await call({ env: { ...attach, CNI_COMMAND: 'DEL', CNI_NETNS: '' } })).code).toBe(0);
      for (const command of ['GC', 'STATUS'])
        expect((await call({ env: { CNI_COMMAND: command, VDPA_CNI_SOCKET: socket } })).code).toBe(0);
    });

    it('variables of more than 64 KiB', async () => {
      const fits = 65_536 - Object.entries(attach).reduce((sum, [k, v]) => sum + `${k}=${v}\0`.length, 0);
      const own = `VDPA_CNI_SOCKET=${socket}\0`.length;
      const filler = (bytes: number) => ({ ...attach, CNI_X: 'x'.repeat(bytes - 'CNI_X=\0'.length) });
      expect((await call({ env: filler(fits + own) })).code).toBe(0);
      expect(failed(await call({ env: filler(fits + own + 1) }))).toMatchObject({ cniVersion: '1.0.0', code: 4 });
    });

    it('a config that is empty, no object, or over 1 MiB', async () => {
      for (const stdin of ['', ' \n', '[]', '"x"', 'cniVersion', Buffer.from([0xff, 0xfe])])
        expect(failed(await call({ stdin }))).toMatchObject({ cniVersion: '1.1.0', code: 6 });
      const big = (bytes: number) => config + ' '.repeat(bytes - config.length);
      expect((await call({ stdin: big(1_048_576) })).code).toBe(0);
      expect(agent.requests.at(-1)?.config.length).toBe(1_048_576);
      expect(failed(await call({ stdin: big(1_048_577) }))).toMatchObject({ cniVersion: '1.0.0', code: 6 });
      expect(failed(await call({ stdin: big(8_000_000) }))).toMatchObject({ code: 6 });
    });

    it('a socket path that no socket can have', async () => {
      const env = { ...attach, VDPA_CNI_SOCKET: `/${'x'.repeat(107)}` };
      expect(failed(await call({ env }))).toMatchObject({ code: 4, cniVersion: '1.0.0' });
    });
  });

  describe('without an agent that answers', () => {
    const away = (env: NodeJS.ProcessEnv) => ({ env: { ...attach, ...env } });

    it('says "try again later", or to STATUS "not available"', async () => {
      const file = join(folder, 'file');
      const dead = join(folder, 'dead.sock');
      writeFileSync(file, '');
      symlinkSync('dead.sock', dead);
      for (const path of [join(folder, 'none'), join(file, 'x'), file, folder, dead]) {
        const error = failed(await call(away({ VDPA_CNI_SOCKET: path })));
        expect(error).toMatchObject({ cniVersion: '1.0.0', code: 11 });
        expect(error['details']).toContain(path);
        const status = away({ VDPA_CNI_SOCKET: path, CNI_COMMAND: 'STATUS' });
        expect(failed(await call(status))).toMatchObject({ code: 50 });
      }
      const { VDPA_CNI_SOCKET: _own, ...env } = attach;
      expect(failed(await call({ env }))['details']).toMatch(/^\/var\/run\/vdpa\/cni\.sock: /);
    });

    it('is done with DEL where no agent runs: the next one takes away what pods had that are gone', async () => {
      const dead = join(folder, 'nobody.sock');
      spawnSync(process.execPath, [
        '-e',
        `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`,
      ]);
      for (const path of [join(folder, 'none'), dead]) {
        const result = await call(away({ VDPA_CNI_SOCKET: path, CNI_COMMAND: 'DEL' }));
        expect(result).toEqual({ code: 0, signal: null, stdout: '' });
        for (const command of ['CHECK', 'GC'])
          expect(failed(await call(away({ VDPA_CNI_SOCKET: path, CNI_COMMAND: command })))).toMatchObject({ code: 11 });
      }
    });

    it('says of a DEL that an agent did not finish that it is to come again', async () => {
      agent.behaviour = (connection) => connection.end('0 2');
      expect(failed(await call(away({ CNI_COMMAND: 'DEL' })))).toMatchObject({ code: 11 });
    });

    it('that nobody listens to any more', async () => {
      const path = join(folder, 'killed.sock');
      spawnSync(process.execPath, [
        '-e',
        `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
      ]);
      const error = failed(await call(away({ VDPA_CNI_SOCKET: path })));
      expect(error).toMatchObject({ code: 11, details: `${path}: nobody listens there` });
    });

    it('that ends in the middle of its answer, or before', async () => {
      for (const start of ['', '0', '0 100\n', '0 100\n{"a":', '0 2\n{']) {
        agent.behaviour = (connection) => connection.end(start);
        expect(failed(await call({}))).toMatchObject({ code: 11, cniVersion: '1.0.0' });
      }
    });

    it('that answers what no agent would', async () => {
      for (const text of ['\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', '0 1\n{}', '1 0\n', '0 9999999\n{}', '-1 2\n{}']) {
        agent.behaviour = (connection) => connection.end(text);
        expect(failed(await call({}))).toMatchObject({ code: 5, cniVersion: '1.0.0' });
      }
    });

    it('that answers before it has read the request, and hangs up', async () => {
      const path = join(folder, 'rude.sock');
      const body = '{"code":7,"msg":"too much"}';
      const server = createServer((connection) => {
        connection.on('error', () => {});
        connection.pause();
        connection.write(answer(1, body), () => connection.destroy());
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const stdin = config + ' '.repeat(1_000_000);
      for (let round = 0; round < 20; round += 1)
        expect(await call({ ...away({ VDPA_CNI_SOCKET: path }), stdin })).toMatchObject({ code: 1, stdout: body });
      server.close();
    });

    it('that is silent, or says a byte now and then, for longer than a minute', async () => {
      const hasty = await buildPlugin(join(folder, 'hasty'), '-DANSWER_TIMEOUT_MS=300 -DCONNECT_TIMEOUT_S=1');
      const drip = (connection: Socket): void => {
        connection.write('0 100000\n{');
        const timer = setInterval(() => connection.write(' '), 20);
        connection.on('close', () => clearInterval(timer));
      };
      for (const behaviour of [() => {}, (connection: Socket) => connection.write('0 5\n{'), drip]) {
        agent.behaviour = behaviour;
        const began = performance.now();
        expect(failed(await call({}, hasty))).toMatchObject({ code: 11, cniVersion: '1.0.0' });
        expect(performance.now() - began).toBeGreaterThan(250);
      }
      // Its queue is full, because it accepts nobody.
      const deaf = join(folder, 'deaf.sock');
      const script = `import socket, time
s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(deaf)}); s.listen(0)
first = socket.socket(socket.AF_UNIX); first.connect(${JSON.stringify(deaf)})
import subprocess, sys
sys.exit(subprocess.run([sys.argv[1]]).returncode)`;
      const python = spawnSync('python3', ['-c', script, hasty], {
        env: { ...attach, PATH: process.env['PATH'], VDPA_CNI_SOCKET: deaf },
        input: config,
        encoding: 'utf8',
      });
      if (python.error === undefined) {
        expect(JSON.parse(python.stdout)).toMatchObject({ code: 11, details: `${deaf}: it accepts nobody` });
      }
      const noInput = await buildPlugin(join(folder, 'no-input'), '-DINPUT_TIMEOUT_MS=200');
      const waiting = spawnSync('sh', ['-c', `sleep 2 | "$1"`, 'sh', noInput], { env: attach, encoding: 'utf8' });
      expect(JSON.parse(waiting.stdout)).toMatchObject({ code: 5 });
    }, 300_000);
  });

  it('takes its config, and its answer, in whatever pieces they come', async () => {
    const body = JSON.stringify({ text: 'é'.repeat(300) });
    agent.behaviour = async (connection) => {
      for (const byte of Buffer.from(answer(0, body))) {
        connection.write(Buffer.from([byte]));
        if (byte % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      connection.end();
    };
    expect(await call({ dripBytes: 7 })).toEqual({ code: 0, signal: null, stdout: body });
    expect(agent.requests[0]?.config.toString()).toBe(config);
  });

  it('prints the longest answer there may be', async () => {
    const body = `{${' '.repeat(1_048_574)}}`;
    agent.behaviour = (connection) => connection.end(answer(0, body));
    expect((await call({})).stdout).toBe(body);
  });

  it('fails when nobody takes its answer, and is not killed for that', async () => {
    const shell = (script: string): Promise<PluginRun> =>
      runPlugin('/bin/bash', { env: { ...attach, PATH: process.env['PATH'] }, stdin: config }, [
        '--norc',
        '-c',
        script,
        'bash',
        plugin,
      ]);
    for (const script of ['"$1" >&-', '"$1" >/dev/full']) expect((await shell(script)).code, script).toBe(1);
    agent.behaviour = (connection) => setTimeout(() => connection.end(answer(0, '{}')), 300);
    expect((await shell('"$1" | true; exit $PIPESTATUS')).code).toBe(1);
    for (const script of ['"$1" <&-', '"$1" </']) {
      expect(failed(await shell(script))).toMatchObject({ code: 5, cniVersion: '1.1.0' });
    }
  });

  it('serves a hundred pods at once', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, () => call({})));
    expect(results.every((result) => result.code === 0)).toBe(true);
    expect(agent.requests.length).toBe(100);
  });

  it('answers JSON or what the agent said, whatever it is given and told', { timeout: 120_000 }, async () => {
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''));
    const code = fc.oneof(fc.constantFrom('0', '1', '255'), text);
    const told = fc.oneof(
      bytes,
      fc.tuple(code, fc.nat(80), bytes).map(([c, n, b]) => Buffer.concat([Buffer.from(`${c} ${n}\n`), b])),
    );
    const env = fc.record({
      CNI_COMMAND: fc.oneof(fc.constantFrom('ADD', 'DEL', 'GC', 'VERSION'), text),
      CNI_IFNAME: text,
    });
    const stdin = fc.oneof(
      bytes,
      bytes.map((tail) => Buffer.concat([Buffer.from(config), tail])),
    );
    await fc.assert(
      fc.asyncProperty(env, stdin, told, async (own, given, said) => {
        agent.behaviour = (connection) => connection.end(said);
        const result = await call({ env: { ...attach, ...own }, stdin: given });
        expect(result.signal).toBe(null);
        if (result.code === 1 && !said.toString().includes(result.stdout))
          expect(JSON.parse(result.stdout).code).toBeTypeOf('number');
        else if (own.CNI_COMMAND !== 'VERSION')
          expect(said.includes(Buffer.from(result.stdout)) || result.stdout.includes('\ufffd')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same with a libc, where there is no other way', { timeout: buildTimeoutMs }, async () => {
    mkdirSync(join(folder, 'libc'), { recursive: true });
    const other = await buildPlugin(join(folder, 'libc'), '', ['FREESTANDING=']);
    expect(await call({}, other)).toEqual({ code: 0, signal: null, stdout: '{}' });
    expect(failed(await call({ env: {} }, other))).toMatchObject({ code: 4 });
  });
});
