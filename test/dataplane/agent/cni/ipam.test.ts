// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { type IpamCall, ipamPrograms } from '../../../../dataplane/agent/cni/ipam.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { codeOf } from '../pod/lab-node.ts';

const { folder } = scratch();

/** A plugin that writes down how it was called, and does what `script` says. */
function plugin(script: string, name = 'test-ipam'): IpamCall {
  const bin = join(folder(), 'bin');
  mkdirSync(bin, { recursive: true });
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n(env; cat) >${join(folder(), 'called')}\n${script}\n`);
  chmodSync(file, 0o755);
  return { plugin: name, env: { CNI_PATH: `/nowhere:relative:${bin}`, CNI_CONTAINERID: 'c1' }, config: '{"name":"x"}' };
}

const called = () => readFileSync(join(folder(), 'called'), 'utf8');
const ipam = ipamPrograms('/nowhere/else');

describe('a plugin for addresses', () => {
  it('gets the environment and the configuration of the call, and its answer is taken in any version', async () => {
    const answer =
      '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.1.1.2/24","gateway":"10.1.1.1"}],"routes":null}';
    expect(await ipam.add(plugin(`echo '${answer}'`))).toEqual({
      ips: [{ address: '10.1.1.2/24', gateway: '10.1.1.1' }],
      routes: [],
      dns: {},
    });
    expect(called()).toMatch(/^CNI_COMMAND=ADD$/m);
    expect(called()).toMatch(/^CNI_CONTAINERID=c1$/m);
    expect(called()).toContain('{"name":"x"}');
    expect(called()).not.toContain('npm_');
  });

  it('is looked for in CNI_PATH, and only there and in the folder of the host', async () => {
    expect(await codeOf(ipam.add({ plugin: 'sh', env: {}, config: '' }))).toBe(cniCodes.ipamMissing);
    const { plugin: name, env } = plugin('echo "{}"');
    const fallback = ipamPrograms(env['CNI_PATH']?.split(':').at(-1));
    expect(await fallback.add({ plugin: name, env: { CNI_PATH: '/nowhere' }, config: '' })).toMatchObject({ ips: [] });
  });

  it.each([
    ['its own error', `echo '{"cniVersion":"1.0.0","code":42,"msg":"full"}'; exit 1`, 42],
    ['no answer', 'exit 3', cniCodes.ipamFailed],
    ['no JSON', 'echo hello', cniCodes.ipamFailed],
    ['no result', `echo '{"ips":[{"address":"x"}]}'`, cniCodes.ipamFailed],
    ['a signal', 'kill -9 $$', cniCodes.ipamFailed],
  ])('that answers with %s fails the ADD', async (_what, script, code) => {
    expect(await codeOf(ipam.add(plugin(script)))).toBe(code);
  });

  it('may be older than a command', async () => {
    const old = plugin(`echo '{"code":4,"msg":"unknown CNI_COMMAND: GC"}'; exit 1`);
    expect(await codeOf(ipam.other('GC', old))).toBeNull();
    const named = plugin(`echo '{"code":999,"msg":"CNI CHECK method is not implemented"}'; exit 1`);
    expect(await codeOf(ipam.other('CHECK', named))).toBeNull();
    expect(await codeOf(ipam.add(named))).toBe(999);
    const wrong = plugin(`echo '{"code":999,"msg":"the method is not implemented by half"}'; exit 1`);
    expect(await codeOf(ipam.other('CHECK', wrong))).toBe(999);
    expect(await codeOf(ipam.other('CHECK', plugin('exit 1')))).toBe(cniCodes.ipamFailed);
  });
});

const hostLocal = ['/opt/cni/bin', '/usr/lib/cni'].find((path) => existsSync(join(path, 'host-local')));

describe.runIf(hostLocal !== undefined)('host-local', () => {
  it('gives an address and takes it back', async () => {
    const config = JSON.stringify({
      cniVersion: '1.0.0',
      name: 'vdpa-net',
      type: 'vdpa',
      ipam: { type: 'host-local', subnet: '10.1.1.0/24', dataDir: join(folder(), 'leases') },
    });
    const env = { CNI_PATH: hostLocal ?? '', CNI_CONTAINERID: 'c1', CNI_IFNAME: 'net1', CNI_NETNS: '/x' };
    const call = { plugin: 'host-local', env, config };
    expect(await ipam.add(call)).toMatchObject({ ips: [{ address: '10.1.1.2/24', gateway: '10.1.1.1' }] });
    const lease = join(folder(), 'leases', 'vdpa-net', '10.1.1.2');
    expect(existsSync(lease)).toBe(true);
    await ipam.other('CHECK', {
      ...call,
      config: config.replace('{', '{"prevResult":{"cniVersion":"1.0.0","ips":[]},'),
    });
    await ipam.del(call);
    await ipam.del(call);
    expect(existsSync(lease)).toBe(false);
  });
});
