// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config-schema.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load-config.ts';
import { messageFrom, put, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function load(content: string | Uint8Array, rest: Partial<LoadOptions> = {}) {
  put(folder, 'c.yaml', content);
  return loadConfig({ path: 'c.yaml', cwd: folder, ...rest });
}

const next =
  'next: correct this and run the same command again; vdpactl init --stdout shows every key with its choices\n';
const nextYaml = 'next: correct this and run the same command again; vdpactl init --stdout shows a valid file\n';

describe('a config that is fine', () => {
  it('has every default when there is no file', async () => {
    const cwd = mkdtempSync(join(folder, 'empty-'));
    expect(await loadConfig({ path: null, cwd })).toEqual({ config: configSchema.parse({}), path: null, set: [] });
  });

  it('is read from vdpactl.yaml where there is one', async () => {
    const cwd = mkdtempSync(join(folder, 'default-'));
    put(cwd, 'vdpactl.yaml', 'provider: local\nlocal:\n  cpus: [2, 3]\n');
    const { config, path, set } = await loadConfig({ path: null, cwd });
    expect({ path, set }).toEqual({ path: 'vdpactl.yaml', set: ['provider', 'local.cpus'] });
    expect(config.local).toMatchObject({ cpus: [2, 3], devices: 1 });
  });

  it.each([
    ['nothing', ''],
    ['only comments', '# provider: local\n\n'],
    ['sections without keys', 'local:\nbench: ~\n'],
    ['null', 'null\n'],
    ['a document marker and an end marker', '---\n...\n'],
  ])('may hold %s', async (_, content) => {
    expect(await load(content)).toEqual({ config: configSchema.parse({}), path: 'c.yaml', set: [] });
  });

  it.each([
    ['JSON', '{"local": {"devices": 2}}'],
    ['CRLF', 'local:\r\n  devices: 2\r\n'],
    ['a byte order mark', '\ufefflocal:\n  devices: 2\n'],
    ['an alias', 'bench:\n  trials: &n 2\nlocal:\n  devices: *n\n'],
    ['tabs after values', 'local:\t\n  devices: 2\t# two\n'],
  ])('may be written with %s', async (_, content) => {
    expect((await load(content)).config.local.devices).toBe(2);
  });

  it('is overridden by the command line, and both count as set', async () => {
    const { config, set } = await load('provider: auto\nlocal:\n  devices: 2\n  queues: 2\n', {
      overrides: { provider: 'local', backend: undefined, local: { devices: 3 }, bench: {} },
    });
    expect(config).toMatchObject({ provider: 'local', backend: 'auto', local: { devices: 3, queues: 2 } });
    expect(set).toEqual(['provider', 'local.devices', 'local.queues']);
  });

  it('does not have to be valid where the command line overrides it', async () => {
    const { config } = await load('local:\n  devices: many\n', { overrides: { local: { devices: 3 } } });
    expect(config.local.devices).toBe(3);
  });

  it('may come through a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const loading = loadConfig({ path: pipe, cwd: folder });
    execFileSync('sh', ['-c', 'exec echo "provider: local" > "$0"', pipe], { timeout: 5000 });
    expect((await loading).config.provider).toBe('local');
  });
});

describe('a config with problems', () => {
  it('names each of them, in the order of the lines', async () => {
    const content = `\
provder: local
backend: testpdm
local:
  devces: 2
  wire: memf
  interface: a/b
  queueSize: 300
  memoryMiB: "256"
  cpus: [0, x, -1, 1.5]
  trials: 3
devices: 2
bench:
  trials: 0
  durationSeconds: fast
  workload: {}
  zzzzz: 1
`;
    expect(await messageFrom(() => load(content))).toBe(`\
error VDPA-CONFIG-003: c.yaml: the config has 16 problems
  c.yaml:1:1: unknown key "provder"; did you mean "provider"?
  c.yaml:2:10: backend is "testpdm"; it must be one of auto, dpdk-vdpa, vhost-vdpa, testpmd (did you mean testpmd?)
  c.yaml:4:3: unknown key "devces" in local; did you mean "devices"?
  c.yaml:5:9: local.wire is "memf"; it must be one of memif, af_packet, "null" (did you mean memif?)
  c.yaml:6:14: local.interface is "a/b"; it must be the name of a Linux interface, at most 15 characters, or null
  c.yaml:7:14: local.queueSize is 300; it must be one of 256, 512, 1024
  c.yaml:8:14: local.memoryMiB is "256"; it must be a whole number from 64 to 16384 (without quotes)
  c.yaml:9:13: local.cpus[1] is "x"; it must be a whole number from 0 to 1023
  c.yaml:9:16: local.cpus[2] is -1; it must be a whole number from 0 to 1023
  c.yaml:9:20: local.cpus[3] is 1.5; it must be a whole number from 0 to 1023
  c.yaml:10:3: unknown key "trials" in local; it belongs in bench
  c.yaml:11:1: unknown key "devices"; it belongs in local
  c.yaml:13:11: bench.trials is 0; it must be a whole number from 1 to 100
  c.yaml:14:20: bench.durationSeconds is "fast"; it must be a number from 0.2 to 600
  c.yaml:15:13: bench.workload is a map of keys; it must be l3fwd
  c.yaml:16:3: unknown key "zzzzz" in bench; the keys of bench are workload, trials, durationSeconds, warmupSeconds, frameSize, minRate, memoryMiB
${next}`);
  });

  it.each([
    ['- a\n', 'c.yaml:1:1: the config is a list; it must be a map of keys'],
    [
      'provider:local\n',
      'c.yaml:1:1: the config is "provider:local"; it must be a map of keys (write "key: value", with a space after the colon)',
    ],
    [
      'provider = local\n',
      'c.yaml:1:1: the config is "provider = local"; it must be a map of keys (write "key: value", with a space after the colon)',
    ],
    ['local:\n- devices: 1\n', 'c.yaml:2:1: local is a list; it must be a map of keys'],
    ['local: 5\n', 'c.yaml:1:8: local is 5; it must be a map of keys'],
    ['bench: []\n', 'c.yaml:1:8: bench is an empty list; it must be a map of keys'],
    ['local:\n  devices:\n', 'c.yaml:2:3: local.devices has no value; it must be a whole number from 1 to 16'],
    ['local: {queues: ~}\n', 'c.yaml:1:17: local.queues is null; it must be a whole number from 1 to 8'],
    [
      'local: {wire: null}\n',
      'c.yaml:1:15: local.wire is null; it must be one of memif, af_packet, "null" (with its quotes: without them, null means no value in YAML)',
    ],
    ['local: {devices: .nan}\n', 'c.yaml:1:18: local.devices is .nan; it must be a whole number from 1 to 16'],
    ['bench: {minRate: .inf}\n', 'c.yaml:1:18: bench.minRate is .inf; it must be a number of at least 0, or null'],
    [
      'bench: {trials: 99999999999999999999}\n',
      'c.yaml:1:17: bench.trials is 99999999999999999999; it must be a whole number from 1 to 100',
    ],
    [
      'local: {cpus: []}\n',
      'c.yaml:1:15: local.cpus is an empty list; it must be a list of one or more whole numbers from 0 to 1023, or null',
    ],
    [
      'local: {queueSize: "512"}\n',
      'c.yaml:1:20: local.queueSize is "512"; it must be one of 256, 512, 1024 (without quotes)',
    ],
    ['provider: yes\n', 'c.yaml:1:11: provider is "yes"; it must be one of auto, baremetal, alibaba, aws, local'],
    [
      '%YAML 1.1\n---\nbackend: on\n',
      'c.yaml:3:10: backend is "on"; it must be one of auto, dpdk-vdpa, vhost-vdpa, testpmd',
    ],
    [
      'provider: |\n  local\n',
      'c.yaml:1:11: provider is "local\\n"; it must be one of auto, baremetal, alibaba, aws, local (did you mean local?)',
    ],
    ['local: &x\n  bench: *x\n', 'c.yaml:2:3: unknown key "bench" in local; it belongs at the top'],
    [
      '__proto__: {a: 1}\n',
      'c.yaml:1:1: unknown key "__proto__"; the keys at the top are apiVersion, provider, backend, nics, memory, kubernetes, local, bench',
    ],
    [
      'provider: "\\e[31m\\x9b\\u202e"\n',
      'c.yaml:1:11: provider is "\\u001b[31m\\u009b\\u202e"; it must be one of auto, baremetal, alibaba, aws, local',
    ],
    ['local:\r\n  devices: 99\r\n', 'c.yaml:2:12: local.devices is 99; it must be a whole number from 1 to 16'],
    ['\ufeffprovider: 5\n', 'c.yaml:1:11: provider is 5; it must be one of auto, baremetal, alibaba, aws, local'],
    ['apiVersion: v1\n', 'c.yaml:1:13: apiVersion is "v1"; this vdpactl understands only vdpactl/v1'],
    [
      'local: {wire: af_packet}\n',
      'c.yaml:1:15: local.wire is "af_packet", which needs the name of an interface: set local.interface, or use --interface',
    ],
    [
      'local: {interface: veth0}\n',
      'c.yaml:1:20: local.interface is "veth0", which goes with wire af_packet only; local.wire is memif (by default)',
    ],
    [
      'local:\n  wire: "null"\n  interface: veth0\n',
      'c.yaml:3:14: local.interface is "veth0", which goes with wire af_packet only; local.wire is "null" (on line 2)',
    ],
  ])('%j', async (content, message) => {
    expect(await messageFrom(() => load(content))).toBe(`error VDPA-CONFIG-003: ${message}\n${next}`);
  });

  it('of another version says so, and nothing about the keys that only that version knows', async () => {
    expect(await messageFrom(() => load('apiVersion: vdpactl/v2\nfoo: bar\n'))).toBe(`\
error VDPA-CONFIG-003: c.yaml:1:13: apiVersion is "vdpactl/v2"; this vdpactl understands only vdpactl/v1
next: write apiVersion: vdpactl/v1, or use the vdpactl that this file was written for
`);
  });

  it('names the flag that a problem comes from, and the other side of a contradiction', async () => {
    const overrides = { local: { devices: 99, wire: 'memif' as const }, bench: { durationSeconds: 0 } };
    const content = 'local:\n  wire: af_packet\n  interface: veth0\n  queues: 9\n';
    expect(
      await messageFrom(() => load(content, { overrides, flags: { 'bench.durationSeconds': '--duration' } })),
    ).toBe(`\
error VDPA-CONFIG-003: c.yaml: the config has 4 problems
  c.yaml:3:14: local.interface is "veth0", which goes with wire af_packet only; local.wire is memif (--wire)
  c.yaml:4:11: local.queues is 9; it must be a whole number from 1 to 8
  --devices: local.devices is 99; it must be a whole number from 1 to 16
  --duration: bench.durationSeconds is 0; it must be a number from 0.2 to 600
${next}`);
  });

  it('needs no file to be wrong', async () => {
    const cwd = mkdtempSync(join(folder, 'flags-'));
    expect(
      await messageFrom(() => loadConfig({ path: null, cwd, overrides: { local: { interface: 'veth0' } } })),
    ).toBe(`\
error VDPA-CONFIG-003: --interface: local.interface is "veth0", which goes with wire af_packet only; local.wire is memif (by default)
${next}`);
  });

  it('is not listed without end', async () => {
    const content = Array.from({ length: 3000 }, (_, index) => `key${index}: 1`).join('\n');
    const lines = (await messageFrom(() => load(content))).split('\n');
    expect(lines).toHaveLength(54);
    expect(lines.at(-3)).toBe('  and 2950 more');
  });
});

describe('a file that is not YAML', { timeout: 20_000 }, () => {
  it.each([
    [
      'local:\n\tdevices: 1\n',
      '2:1',
      'a tab indents this line; YAML takes only spaces there',
      ['2 | →devices: 1', '  | ^'],
    ],
    [
      'provider: local\n---\na: 1\n',
      '2:1',
      'a second document begins here; a config file holds one',
      ['2 | ---', '  | ^'],
    ],
    [
      'local:\n  devices: 1\n  devices: 2\n',
      '3:3',
      'the key "devices" stands already on line 2',
      ['3 |   devices: 2', '  |   ^'],
    ],
    [
      'provider: "local\nbackend: auto\n',
      '1:11',
      'the quote that opens here is not closed',
      ['1 | provider: "local', '  |           ^'],
    ],
    [
      'local: {devices: 1\nbench:\n',
      '1:8',
      'the { that opens here is not closed',
      ['1 | local: {devices: 1', '  |        ^'],
    ],
    [
      'provider local\nbackend: auto\n',
      '1:1',
      'this is not of the form "key: value"; is a colon missing?',
      ['1 | provider local', '  | ^'],
    ],
    ['local: *x\n', '1:8', 'the alias *x has no anchor before it', ['1 | local: *x', '  |        ^']],
    ['local: !x {}\n', '1:8', 'the tag !x means nothing here; leave it out', ['1 | local: !x {}', '  |        ^']],
    [
      "provider: 'it's'\n",
      '1:15',
      'this does not fit behind what stands before it; check quotes and indentation',
      ["1 | provider: 'it's'", '  |               ^'],
    ],
    ['local: {}}\n', '1:10', 'a bracket closes here that was not opened', ['1 | local: {}}', '  |          ^']],
    [
      'local:\n  devices: 2\n bench:\n',
      '3:1',
      'this line is not indented like those it belongs to',
      ['3 |  bench:', '  | ^'],
    ],
    ['? [a]\n: 1\n', '1:3', 'a key has to be a word', ['1 | ? [a]', '  |   ^']],
    [
      'provider: @local\n',
      '1:11',
      'text that begins with the reserved character @ needs quotes',
      ['1 | provider: @local', '  |           ^'],
    ],
    [
      `${'['.repeat(40)}\n`,
      '1:33',
      'this is nested more than 32 deep',
      [`1 | ${'['.repeat(40)}`, `  | ${' '.repeat(32)}^`],
    ],
    ['a\u0000b', '1:2', 'here is a NUL byte, so this is not a text file', []],
    ['\n a\u001b', '2:3', 'here is a control character, "\\u001b", which YAML does not allow', []],
    ['a: 1\rb: 2', '1:5', 'here is a carriage return that does not end a line; end lines with a line feed', []],
    [Buffer.from('# Ger\xe4t\n', 'latin1'), '1:6', 'here is a byte that is not UTF-8; save the file as UTF-8', []],
    [Buffer.from('\ufeffa: 1\n', 'utf16le'), '1:1', 'it is saved as UTF-16; save it as UTF-8', []],
  ])('%j', async (content, place, message, excerpt) => {
    const details = excerpt.map((line) => `  ${line}\n`).join('');
    expect(await messageFrom(() => load(content))).toBe(
      `error VDPA-CONFIG-002: c.yaml:${place}: the config file is not valid YAML: ${message}\n${details}${nextYaml}`,
    );
  });

  it.each([
    ['aliases of aliases', 'a: &a [x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n'],
    ['many aliases', `a: &a x\nb: [${'*a, '.repeat(200)}]\n`],
    ['brackets within brackets', '{'.repeat(500_000)],
    ['maps on one line', 'a: '.repeat(300_000)],
    ['question marks', '? '.repeat(500_000)],
    ['lists on one line', '- '.repeat(500_000)],
    ['deep indentation', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['more keys than anyone has', Array.from({ length: 100_000 }, (_, index) => `a${index}:`).join('\n')],
    ['anchors', '&a '.repeat(300_000)],
    ['commas', `[${','.repeat(1_000_000)}`],
  ])('refuses %s quickly', async (_, content) => {
    const begin = performance.now();
    expect(await messageFrom(() => load(content))).toMatch(/^error VDPA-CONFIG-002: c\.yaml:\d+:\d+: /);
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describe('a file that cannot be read', () => {
  const nextPath = 'next: check the path, or write a config to begin with: vdpactl init FILE\n';
  const nextFile = 'next: name a readable file with --config FILE, or write one to begin with: vdpactl init FILE\n';
  mkdirSync(join(folder, 'sub'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('circle', join(folder, 'circle'));

  it.each([
    ['nope.yaml', `nope.yaml: the config file does not exist\n${nextPath}`],
    ['', `"": the config file does not exist\n${nextPath}`],
    ['sub', `sub: the config file cannot be read: it is a folder\n${nextFile}`],
    ['big', `big: the config file cannot be read: it is larger than 1 MiB, so it is hardly a config file\n${nextFile}`],
    [
      '/dev/zero',
      `/dev/zero: the config file cannot be read: it is larger than 1 MiB, so it is hardly a config file\n${nextFile}`,
    ],
    ['big/x', `big/x: the config file cannot be read: a part of its path is not a folder\n${nextFile}`],
    [
      'dangling',
      `dangling: the config file cannot be read: it is a symbolic link to a file that does not exist\n${nextFile}`,
    ],
    ['circle', `circle: the config file cannot be read: its symbolic links go in a circle\n${nextFile}`],
    ['a\u001b\nb', `a\\u001b\\nb: the config file does not exist\n${nextPath}`],
  ])('%j', async (path, message) => {
    put(folder, 'big', ' '.repeat(1024 * 1024 + 1));
    expect(await messageFrom(() => loadConfig({ path, cwd: folder }))).toBe(`error VDPA-CONFIG-001: ${message}`);
  });

  it('is an error also when nobody named it', async () => {
    const cwd = mkdtempSync(join(folder, 'unreadable-'));
    mkdirSync(join(cwd, 'vdpactl.yaml'));
    expect(await messageFrom(() => loadConfig({ path: null, cwd }))).toContain('VDPA-CONFIG-001: vdpactl.yaml: ');
  });

  it('is not passed over because of its ending', async () => {
    const cwd = mkdtempSync(join(folder, 'yml-'));
    put(cwd, 'vdpactl.yml', 'provider: local\n');
    expect(await messageFrom(() => loadConfig({ path: null, cwd }))).toBe(`\
error VDPA-CONFIG-001: vdpactl.yml: the config file is not read under this name; it has to be vdpactl.yaml
next: mv vdpactl.yml vdpactl.yaml, or name it with --config vdpactl.yml
`);
  });

  it.skipIf(process.getuid?.() === 0)(
    'says when the permission is missing (skipped as root: root reads anything)',
    async () => {
      chmodSync(put(folder, 'secret.yaml', ''), 0);
      expect(await messageFrom(() => loadConfig({ path: 'secret.yaml', cwd: folder }))).toContain(
        'cannot be read: the permission to read it is missing',
      );
    },
  );
});
