// SPDX-License-Identifier: Apache-2.0
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DevicePlugin } from '../../../../dataplane/agent/device-plugin/device-plugin.ts';
import type { BackendSpec } from '../../../../dataplane/contract/backend-spec.ts';
import { backendSpec, kernelSpec } from '../../../fixtures/backend-spec.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { Kubelet } from './kubelet.ts';

const { folder } = scratch();
let kubelet: Kubelet;
let plugin: DevicePlugin;
let said: string[];
let specs: BackendSpec[];
let running: Set<string>;
let isWanted: boolean;

const start = () => {
  plugin = new DevicePlugin({
    folder: folder(),
    specs: () => specs,
    numaNodes: () => new Map([['0000:65:00.2', 1]]),
    isRunning: ({ device }) => running.has(device),
    isWanted: () => isWanted,
    log: (line) => said.push(line),
    lookMs: 20,
  });
};

beforeEach(async () => {
  said = [];
  specs = [backendSpec('local0'), kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-0' })];
  running = new Set(['local0', '0000:65:00.2']);
  isWanted = true;
  kubelet = new Kubelet(folder());
});
afterEach(async () => {
  await plugin.stop();
  kubelet.stop();
});

const told = (devices: Record<string, string>) =>
  expect.poll(() => kubelet.devices, { timeout: 5_000 }).toEqual(devices);
const both = { local0: 'Healthy', '0000:65:00.2': 'Healthy' };

describe('the device plugin of the agent', () => {
  it('registers under the name that workloads ask for, and says what there is', async () => {
    await kubelet.start();
    start();
    await told(both);
    expect(kubelet.registrations).toMatchObject([
      { version: 'v1beta1', endpoint: 'vdpactl.io_vdpa.sock', resource_name: 'vdpactl.io/vdpa' },
    ]);
    expect(kubelet.lists.at(-1)?.map(({ topology }) => topology?.nodes.map(({ ID }) => Number(ID)))).toEqual([
      undefined,
      [1],
    ]);
    expect(plugin.state).toBe('registered');
    expect(plugin.complaint).toBe('');
    expect(statSync(join(folder(), 'vdpactl.io_vdpa.sock')).mode & 0o777).toBe(0o600);
  });

  it('waits for a kubelet that is not there yet, and says so once', async () => {
    start();
    await expect.poll(() => plugin.complaint).toContain('kubelet does not listen');
    await plugin.look();
    expect(plugin.state).toBe('waiting');
    await kubelet.start();
    await told(both);
    expect(said.filter((line) => line.includes('kubelet does not listen'))).toHaveLength(1);
  });

  it('registers again with a kubelet that was started again', async () => {
    await kubelet.start();
    start();
    await told(both);
    kubelet.stop();
    await kubelet.start();
    await told(both);
    expect(kubelet.registrations).toHaveLength(2);
  });

  it('registers again when only its own socket is gone', async () => {
    await kubelet.start();
    start();
    await told(both);
    rmSync(join(folder(), 'vdpactl.io_vdpa.sock'));
    await expect.poll(() => kubelet.registrations.length, { timeout: 5_000 }).toBe(2);
    await told(both);
  });

  it('goes on asking a kubelet that says no', async () => {
    kubelet.refusal = 'not now';
    await kubelet.start();
    start();
    await expect.poll(() => plugin.complaint, { timeout: 5_000 }).toBe('not now');
    kubelet.refusal = '';
    await told(both);
  });

  it('tells of devices that come, go, and fail', async () => {
    await kubelet.start();
    start();
    await told(both);
    specs = [...specs, backendSpec('local1')];
    await told({ ...both, local1: 'Unhealthy' });
    running.add('local1');
    await told({ ...both, local1: 'Healthy' });
    running.delete('0000:65:00.2');
    await told({ ...both, local1: 'Healthy', '0000:65:00.2': 'Unhealthy' });
    specs = [backendSpec('local0')];
    await told({ local0: 'Healthy' });
    specs = [];
    await told({});
    expect(kubelet.registrations).toHaveLength(1);
    const count = kubelet.lists.length;
    await plugin.look();
    expect(kubelet.lists).toHaveLength(count);
  });

  it('answers what kubelet asks', async () => {
    await kubelet.start();
    start();
    await told(both);
    expect(await kubelet.ask('GetDevicePluginOptions', {})).toEqual({
      pre_start_required: false,
      get_preferred_allocation_available: true,
    });
    const wanted = { container_requests: [{ devices_ids: ['0000:65:00.2'] }, { devices_ids: ['local0'] }] };
    const path = '/dev/vhost-vdpa-0';
    expect(await kubelet.ask('Allocate', wanted)).toMatchObject({
      container_responses: [
        {
          envs: { PCIDEVICE_VDPACTL_IO_VDPA: '0000:65:00.2' },
          devices: [{ container_path: path, host_path: path, permissions: 'rw' }],
        },
        { envs: { PCIDEVICE_VDPACTL_IO_VDPA: 'local0' }, devices: [] },
      ],
    });
    const choice = { available_deviceIDs: ['local0', '0000:65:00.2'], must_include_deviceIDs: [], allocation_size: 1 };
    expect(await kubelet.ask('GetPreferredAllocation', { container_requests: [choice] })).toEqual({
      container_responses: [{ deviceIDs: ['0000:65:00.2'] }],
    });
    await expect(kubelet.ask('Allocate', { container_requests: [{ devices_ids: ['local9'] }] })).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: expect.stringContaining('offered are local0, 0000:65:00.2'),
    });
  });

  it('leaves it to another where another advertises the devices', async () => {
    isWanted = false;
    await kubelet.start();
    start();
    await plugin.look();
    expect(plugin.state).toBe('idle');
    expect(kubelet.registrations).toEqual([]);
    isWanted = true;
    await told(both);
    isWanted = false;
    await expect.poll(() => plugin.state).toBe('idle');
    expect(existsSync(join(folder(), 'vdpactl.io_vdpa.sock'))).toBe(false);
  });

  it('leaves nothing behind, and neither does its successor find anything in its way', async () => {
    await kubelet.start();
    start();
    await told(both);
    await plugin.stop();
    expect(existsSync(join(folder(), 'vdpactl.io_vdpa.sock'))).toBe(false);
    start();
    await expect.poll(() => kubelet.registrations.length, { timeout: 5_000 }).toBe(2);
    await told(both);
  });
});
