// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipamPrograms } from '../../../../dataplane/agent/cni/ipam.ts';
import { type CniService, startCniService } from '../../../../dataplane/agent/cni/service.ts';
import { KernelMounts } from '../../../../dataplane/agent/pod/device-mounts.ts';
import { nodeFiles } from '../../../../dataplane/agent/pod/files.ts';
import { mountPrograms } from '../../../../dataplane/agent/pod/mount-programs.ts';
import { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { podVolume } from '../../../../dataplane/contract/pod-paths.ts';
import { runDir } from '../../../../dataplane/contract/run-dir.ts';
import { runBytes } from '../../../../src/process/run.ts';
import { buildPlugin, hasCompiler } from '../../cni/plugin.ts';
import { builtHelper, type MountPlace, mountPlace } from '../pod/real-mounts.ts';
import { environment, network, offered, podUid } from './call.ts';

const plugins = ['/opt/cni/bin', '/usr/lib/cni'].find((path) => existsSync(join(path, 'host-local')));
const canMount = (() => {
  const place = mountPlace();
  place?.remove();
  return place !== null && hasCompiler;
})();

/** The plugin in C, the agent, the kernel's mounts and the plugin for addresses, as on a node. */
describe.runIf(canMount && plugins !== undefined)('plugin and agent', () => {
  let place: MountPlace;
  let service: CniService;
  let stopMounter: () => void;

  beforeEach(async () => {
    const made = mountPlace();
    if (made === null) throw new Error('cannot mount');
    place = made;
    const dir = runDir(join(place.folder, 'run'));
    const paths = { pods: join(place.folder, 'pods'), deviceInfo: join(place.folder, 'devinfo') };
    for (const folder of [dir.root, paths.deviceInfo, podVolume(paths, podUid)]) mkdirSync(folder, { recursive: true });
    await buildPlugin(at('plugin'));
    const mounter = (await builtHelper(place.folder)) ?? mountPrograms();
    stopMounter = () => mounter.stop();
    const ipam = ipamPrograms();
    const store = await PodAttachments.open({ dir, paths, ipam, mounts: new KernelMounts(dir, nodeFiles, mounter) });
    service = await startCniService({ dir, store, ipam, devices: () => offered, deviceInfoFolder: paths.deviceInfo });
  });
  afterEach(async () => {
    await service.stop();
    stopMounter();
    place.remove();
  });

  const at = (...names: string[]) => join(place.folder, ...names);
  const volume = () => podVolume({ pods: at('pods'), deviceInfo: '' }, podUid);

  async function call(command: string, change: Readonly<Record<string, unknown>> = {}) {
    const ipam = { type: 'host-local', subnet: '10.56.0.0/24', dataDir: at('leases') };
    const info = at('devinfo', 'l3fwd-net1.json');
    const config = network({ cniVersion: '1.0.0', ipam, runtimeConfig: { CNIDeviceInfoFile: info }, ...change });
    const env = environment({ CNI_COMMAND: command, CNI_PATH: plugins ?? '', VDPA_CNI_SOCKET: at('run', 'cni.sock') });
    const result = await runBytes(at('plugin', 'vdpa'), [], { env, input: JSON.stringify(config), timeoutMs: 10_000 });
    const stdout = Buffer.from(result.stdout).toString('utf8');
    return { exitCode: result.exitCode, json: stdout === '' ? null : JSON.parse(stdout) };
  }

  it('give a pod its device, check it, and take it back with nothing left', async () => {
    const added = await call('ADD');
    expect(added).toMatchObject({
      exitCode: 0,
      json: {
        cniVersion: '1.0.0',
        interfaces: [{ name: 'net1', mac: '02:00:00:00:00:03' }],
        ips: [{ address: '10.56.0.2/24', gateway: '10.56.0.1', interface: 0 }],
      },
    });
    expect(readdirSync(volume()).sort()).toEqual(['attachments.json', 'eal.args', 'net1']);
    expect(readFileSync(at('devinfo', 'l3fwd-net1.json'), 'utf8')).toContain('"mode":"server"');
    expect(await call('CHECK', { prevResult: added.json })).toEqual({ exitCode: 0, json: null });
    for (let round = 0; round < 2; round += 1) expect(await call('DEL')).toEqual({ exitCode: 0, json: null });
    expect(readdirSync(volume())).toEqual([]);
    expect(readdirSync(at('devinfo'))).toEqual([]);
    expect(readdirSync(at('run', 'attachments'))).toEqual([]);
    expect(readdirSync(at('run', 'dev', '0000:03:00.0'))).toEqual([]);
    expect(readdirSync(at('leases', 'vdpa-net')).filter((name) => name.startsWith('10.'))).toEqual([]);
  });

  it('undo all where there is no address left', async () => {
    const ipam = { type: 'host-local', subnet: '10.56.0.0/30', rangeStart: '10.56.0.2', rangeEnd: '10.56.0.2' };
    const config = { ipam: { ...ipam, dataDir: at('leases') } };
    expect((await call('ADD', { ...config, name: 'vdpa-net' })).exitCode).toBe(0);
    const env = { ...config, deviceID: 'local0' };
    expect((await call('DEL', config)).exitCode).toBe(0);
    mkdirSync(at('leases', 'vdpa-net', '10.56.0.2'));
    const refused = await call('ADD', env);
    expect(refused).toMatchObject({ exitCode: 1, json: { msg: expect.stringContaining('IPAM plugin host-local: ') } });
    expect(readdirSync(volume())).toEqual([]);
    expect(readdirSync(at('run', 'attachments'))).toEqual([]);
    expect(place.mounts().filter((mount) => mount.endsWith('local0'))).toHaveLength(1);
  });

  it('say what is wrong by the codes of the specification', async () => {
    expect(await call('ADD', { deviceID: 'local9' })).toMatchObject({ exitCode: 1, json: { code: 7 } });
    expect(await call('ADD', { cniVersion: '9.0.0' })).toMatchObject({ exitCode: 1, json: { code: 1 } });
    await service.stop();
    expect(await call('ADD')).toMatchObject({ exitCode: 1, json: { cniVersion: '1.0.0', code: 11 } });
  });
});
