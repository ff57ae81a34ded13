// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import {
  characterDeviceOf,
  giveCharacterDevice,
  takeBackCharacterDevice,
} from '../../../../dataplane/agent/pod/character-device.ts';
import { type Files, nodeFiles } from '../../../../dataplane/agent/pod/files.ts';

/** Notes what is changed of a file, and changes nothing. */
function noting(failure: string | null = null): { files: Files; done: string[] } {
  const done: string[] = [];
  const step = (text: string) => {
    if (failure !== null) throw Object.assign(new Error(failure), { code: failure });
    done.push(text);
  };
  const files: Files = {
    ...nodeFiles,
    chownSync: (path, uid, gid) => step(`chown ${uid}:${gid} ${path}`),
    chmodSync: (path, mode) => step(`chmod ${Number(mode).toString(8)} ${path}`),
  };
  return { files, done };
}

const path = '/dev/vhost-vdpa-3';

it("lets the pod's group open the device, and nobody else", () => {
  const { files, done } = noting();
  giveCharacterDevice(files, path, 65534);
  expect(done).toEqual([`chown 0:65534 ${path}`, `chmod 660 ${path}`]);
});

it('leaves it to root where the pod has no group of its own', () => {
  const { files, done } = noting();
  giveCharacterDevice(files, path, 0);
  expect(done).toEqual([`chown 0:0 ${path}`, `chmod 600 ${path}`]);
});

it('takes it back', () => {
  const { files, done } = noting();
  takeBackCharacterDevice(files, path);
  expect(done).toEqual([`chown 0:0 ${path}`, `chmod 600 ${path}`]);
});

it('does not mind that it is gone, and does mind anything else', () => {
  expect(() => takeBackCharacterDevice(noting('ENOENT').files, path)).not.toThrow();
  expect(() => giveCharacterDevice(noting('ENOENT').files, path, 5)).not.toThrow();
  expect(() => takeBackCharacterDevice(noting('EPERM').files, path)).toThrow('EPERM');
});

it('is the device of what the kernel hands out', () => {
  const attachment = { device: 'vd0', interface: 'net1', mac: null, queues: 1, queueSize: 256, ips: [] };
  const vdpa = { 'parent-device': 'vdpa0', driver: 'vhost' as const, path };
  const info = { type: 'vdpa' as const, version: '1.1.0' as const, vdpa };
  expect(characterDeviceOf({ attachment: { ...attachment, 'device-info': info } })).toBe(path);
  const socket = { mode: 'server' as const, path: '/var/run/vdpa/net1/vhost.sock' };
  const user = { type: 'vhost-user' as const, version: '1.1.0' as const, 'vhost-user': socket };
  expect(characterDeviceOf({ attachment: { ...attachment, 'device-info': user } })).toBeNull();
});
