// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeSpecs } from '../../../../dataplane/agent/node-specs/node-specs.ts';
import type { NodeLook } from '../../../../dataplane/agent/node-specs/node-view.ts';
import { type DeviceWatch, watchDevices } from '../../../../dataplane/agent/watch-devices.ts';
import { nodeFileSchema } from '../../../../dataplane/contract/node-file.ts';
import { type RunDir, runDir, specFile } from '../../../../dataplane/contract/run-dir.ts';
import { configSchema } from '../../../../src/config/config-schema.ts';
import { VdpaError } from '../../../../src/errors/vdpa-error.ts';
import { decide } from '../../../../src/providers/decide.ts';
import { nicReport, nodeReport } from '../../../fixtures/reports.ts';
import { scratch } from '../../../fixtures/scratch.ts';

const { folder } = scratch();
let dir: RunDir;
let said: string[];
let steps: string[];
let held: Set<string>;
let stopped: Set<string>;
let node: { devices: number; memoryMiB: number };
let failure: Error | null;
let specs: NodeSpecs;

const look = (): NodeLook => {
  if (failure !== null) throw failure;
  const config = configSchema.parse({ provider: 'local', local: node });
  const report = nodeReport();
  return { report, decision: decide(report, config), config };
};

function open(change: Partial<ConstructorParameters<typeof NodeSpecs>[0]> = {}): NodeSpecs {
  return new NodeSpecs({
    dir,
    look: async () => look(),
    prepare: async () => void steps.push('prepare'),
    store: {
      holderOf: (device) => (held.has(device) ? {} : null),
      prepareDevice: async (device) => void steps.push(`mount ${device} ${specState(device)}`),
      removeDevice: async (device) => {
        if (held.has(device)) return false;
        steps.push(`unmount ${device}`);
        return true;
      },
    },
    isRunning: (device) => !stopped.has(device),
    log: (line) => said.push(line),
    ...change,
  });
}

const specState = (device: string) => (existsSync(specFile(dir, device)) ? 'with spec' : 'without spec');
const offered = () => specs.offered.map(({ device }) => device);
const nodeFile = () => nodeFileSchema.parse(JSON.parse(readFileSync(dir.node, 'utf8')));
const memoryOf = (device: string): unknown => JSON.parse(readFileSync(specFile(dir, device), 'utf8')).memoryMiB;

beforeEach(() => {
  dir = runDir(join(folder(), 'run'));
  said = [];
  steps = [];
  held = new Set();
  stopped = new Set();
  node = { devices: 2, memoryMiB: 64 };
  failure = null;
  specs = open();
});

describe('the devices of a node', () => {
  it('are offered once there is a mount for each, and written down', async () => {
    expect(await specs.refresh()).toBe(true);
    expect(steps).toEqual(['mount local0 without spec', 'mount local1 without spec']);
    expect(offered()).toEqual(['local0', 'local1']);
    expect(nodeFile()).toEqual({
      schemaVersion: 'vdpactl/v1',
      kind: 'NodeDevices',
      provider: 'local',
      backend: 'testpmd',
      advertisedBy: 'agent',
      devices: ['local0', 'local1'],
      problems: [],
    });
  });

  it('come and go with what the node has', async () => {
    await specs.refresh();
    node = { ...node, devices: 3 };
    await specs.refresh();
    expect(offered()).toEqual(['local0', 'local1', 'local2']);
    node = { ...node, devices: 1 };
    await specs.refresh();
    expect(offered()).toEqual(['local0']);
    expect(steps.slice(-3)).toEqual(['unmount local1', 'unmount local2', 'mount local0 with spec']);
    expect([1, 2].map((index) => existsSync(specFile(dir, `local${index}`)))).toEqual([false, false]);
  });

  it('are not taken away under a pod, nor changed, until it gives them back', async () => {
    await specs.refresh();
    held = new Set(['local0', 'local1']);
    node = { devices: 1, memoryMiB: 128 };
    await specs.refresh();
    expect(offered()).toEqual(['local0', 'local1']);
    expect([memoryOf('local0'), memoryOf('local1')]).toEqual([64, 64]);
    expect(specs.problems).toEqual([
      'local0 should change, and does when its pod gives it back',
      'local1 should go, and does when its pod gives it back',
    ]);
    expect(specs.canGoOn).toBe(false);
    held.clear();
    expect(specs.canGoOn).toBe(true);
    await specs.refresh();
    expect(offered()).toEqual(['local0']);
    expect(memoryOf('local0')).toBe(128);
    expect(specs.canGoOn).toBe(false);
  });

  it('of which another version wrote the spec keep it while a pod has what runs by it, and no longer', async () => {
    await specs.refresh();
    const later = JSON.stringify({ schemaVersion: 'vdpactl/v2', kind: 'Backend', device: 'local0', memory: '64Mi' });
    for (const device of ['local0', 'local1', 'local7']) writeFileSync(specFile(dir, device), later);
    held = new Set(['local0']);
    specs = open();
    expect(await specs.refresh()).toBe(false);
    expect(readFileSync(specFile(dir, 'local0'), 'utf8')).toBe(later);
    expect(memoryOf('local1')).toBe(64);
    expect(existsSync(specFile(dir, 'local7'))).toBe(false);
    expect(offered()).toEqual(['local0', 'local1']);
    expect(specs.problems[0]).toBe('local0: its spec says "vdpactl/v2", and this version of vdpactl knows vdpactl/v1');
    expect(specs.canGoOn).toBe(false);
    // Its supervisor is now of this version, and does not understand it either.
    stopped = new Set(['local0']);
    expect(specs.canGoOn).toBe(true);
    expect(await specs.refresh()).toBe(true);
    expect(memoryOf('local0')).toBe(64);
    expect(specs.canGoOn).toBe(false);
  });

  it('stay with a pod that is faster than their end', async () => {
    await specs.refresh();
    node = { ...node, devices: 1 };
    const asked = open({
      store: { holderOf: () => null, prepareDevice: async () => {}, removeDevice: async () => false },
    });
    await asked.refresh();
    expect(existsSync(specFile(dir, 'local1'))).toBe(true);
  });

  it('are offered from the first moment of the next agent, before it has looked', async () => {
    await specs.refresh();
    specs = open();
    expect(offered()).toEqual(['local0', 'local1']);
    expect(specs.view).toBeNull();
  });

  it('stay as they are when the node cannot be judged, which is said once', async () => {
    await specs.refresh();
    failure = new VdpaError('VDPA-CONFIG-002', 'this is no YAML', { where: 'vdpactl.yaml:1:1', next: 'correct it' });
    expect(await specs.refresh()).toBe(false);
    expect(await specs.refresh()).toBe(false);
    expect(offered()).toEqual(['local0', 'local1']);
    expect(specs.problems).toEqual(['VDPA-CONFIG-002: vdpactl.yaml:1:1: this is no YAML; correct it']);
    expect(said.filter((line) => line.includes('no YAML'))).toHaveLength(1);
    expect(nodeFile().problems).toEqual(specs.problems);
  });

  it('are those of which the mount can be made', async () => {
    const failing = open({
      store: {
        holderOf: () => null,
        prepareDevice: async (device) => {
          if (device === 'local0') throw new Error('no room');
        },
        removeDevice: async () => true,
      },
    });
    expect(await failing.refresh()).toBe(false);
    expect(failing.offered.map(({ device }) => device)).toEqual(['local1']);
    expect(failing.problems).toEqual(['local0: no room']);
    expect(existsSync(specFile(dir, 'local0'))).toBe(false);
  });

  it('are none, and that is no failure, on a node without one', async () => {
    const report = nodeReport({ nics: [nicReport({ uplink: true, uplinkReasons: ['has the default route'] })] });
    const config = configSchema.parse({ provider: 'baremetal' });
    specs = open({ look: async () => ({ report, decision: decide(report, config), config }) });
    expect(await specs.refresh()).toBe(true);
    expect(offered()).toEqual([]);
    expect(nodeFile()).toMatchObject({ advertisedBy: 'none', devices: [] });
    expect(nodeFile().problems).toEqual([expect.stringContaining('0000:00:03.0: is an uplink')]);
  });
});

describe('a device that is not ready', () => {
  const free = nicReport({ pciAddress: '0000:65:00.0', driver: 'virtio-pci', iommuGroup: 3, netdevs: [] });
  const bound = { ...free, driver: 'vfio-pci' };
  const config = configSchema.parse({ provider: 'baremetal', backend: 'testpmd' });
  const lookAt = (nic: typeof free): NodeLook => {
    const modules = { vfio_pci: 'loaded', vfio: 'loaded' } as const;
    const report = nodeReport({ nics: [nic], node: { iommu: { enabled: true, groups: 4 }, modules } });
    return { report, decision: decide(report, config), config };
  };

  it('is prepared, and then offered', async () => {
    let nic = free;
    specs = open({
      look: async () => lookAt(nic),
      prepare: async () => {
        nic = bound;
      },
    });
    expect(await specs.refresh()).toBe(true);
    expect(offered()).toEqual(['0000:65:00.0']);
    expect(said).toContain('node: preparing 0000:65:00.0');
  });

  it('is not offered where it cannot be prepared, and the reason is said', async () => {
    specs = open({
      look: async () => lookAt(free),
      prepare: async () => {
        throw new VdpaError('VDPA-NODE-002', 'it cannot be bound', { where: '0000:65:00.0', next: 'see dmesg' });
      },
    });
    expect(await specs.refresh()).toBe(false);
    expect(offered()).toEqual([]);
    expect(specs.problems).toEqual([
      'not prepared: 0000:65:00.0: VDPA-NODE-002: 0000:65:00.0: it cannot be bound; see dmesg',
    ]);
  });
});

describe('watching the devices', () => {
  let watch: DeviceWatch | null = null;
  afterEach(() => watch?.stop());

  it('looks at once, and again when the config changes, and when a pod gives a device back', async () => {
    const config = join(folder(), 'vdpactl.yaml');
    mkdirSync(folder(), { recursive: true });
    writeFileSync(config, 'a');
    let looks = 0;
    watch = await watchDevices(specs, config, () => {
      looks += 1;
    });
    expect([looks, offered()]).toEqual([1, ['local0', 'local1']]);
    held.add('local1');
    node = { ...node, devices: 1 };
    writeFileSync(config, 'ab');
    await expect.poll(() => looks, { timeout: 10_000 }).toBe(2);
    expect(offered()).toEqual(['local0', 'local1']);
    held.clear();
    await expect.poll(offered, { timeout: 10_000 }).toEqual(['local0']);
    rmSync(config);
    await expect.poll(() => looks, { timeout: 10_000 }).toBe(4);
  });
});
