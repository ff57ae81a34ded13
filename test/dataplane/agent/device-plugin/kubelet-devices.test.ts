// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { KubeletDevices, podResourcesService } from '../../../../dataplane/agent/device-plugin/kubelet-devices.ts';
import { scratch } from '../../../fixtures/scratch.ts';

const { folder } = scratch();
const server = new Server();
afterEach(() => server.forceShutdown());

function known(socket: string, resource: string): Promise<ReadonlySet<string>> {
  const kubelet = new KubeletDevices(socket, resource);
  return kubelet.known().finally(() => kubelet.close());
}

describe('the devices that kubelet has to give', () => {
  it('are those of one resource, in however many parts it tells them', async () => {
    const socket = join(folder(), 'kubelet.sock');
    const devices = [
      { resource_name: 'vdpactl.io/vdpa', device_ids: ['0000:02:00.0'] },
      { resource_name: 'example.com/gpu', device_ids: ['0000:09:00.0'] },
      { resource_name: 'vdpactl.io/vdpa', device_ids: ['0000:03:00.0'] },
    ];
    server.addService(podResourcesService().service, {
      GetAllocatableResources: (_: unknown, callback: sendUnaryData<object>) => callback(null, { devices }),
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    expect(await known(socket, 'vdpactl.io/vdpa')).toEqual(new Set(['0000:02:00.0', '0000:03:00.0']));
    expect(await known(socket, 'vdpactl.io/other')).toEqual(new Set());
  });

  it('are not known without a kubelet', async () => {
    await expect(known(join(folder(), 'none.sock'), 'vdpactl.io/vdpa')).rejects.toThrow(/connect|No connection/);
  });
});
