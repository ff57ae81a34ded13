// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasProcess } from '../../dataplane/contract/backend-spec.ts';
import { longestSocketPath, runDir } from '../../dataplane/contract/run-dir.ts';
import { decide } from '../../src/providers/decide.ts';
import { type LocalStack, type LocalStackInput, renderLocalStack } from '../../src/templates/local-stack.ts';
import { config, nicReport, nodeReport } from '../fixtures/reports.ts';

function input(change: Parameters<typeof config>[0] = {}, more: Partial<LocalStackInput> = {}): LocalStackInput {
  const report = nodeReport();
  const asked = config(change);
  const decision = decide(report, asked);
  return { report, decision, config: asked, runDir: '/run/vdpactl', testpmd: '/usr/bin/dpdk-testpmd', ...more };
}

const render = (...args: Parameters<typeof input>): LocalStack => renderLocalStack(input(...args));
const jsonOf = (stack: LocalStack): string => `${JSON.stringify(stack, null, 2)}\n`;

describe('the stack of one machine', () => {
  it.each<[string, Parameters<typeof config>[0]]>([
    ['default', {}],
    ['two-devices', { local: { devices: 2, queues: 4, queueSize: 256, memoryMiB: 64, cpus: [3, 2] } }],
    ['af-packet', { local: { wire: 'af_packet', interface: 'veth0' } }],
  ])('is, byte for byte, what golden/%s.json holds', async (name, change) => {
    await expect(jsonOf(render(change))).toMatchFileSnapshot(`golden/${name}.json`);
  });

  it('is the same for the same input, and needs nothing but it', () => {
    const frozen = input({ local: { devices: 3 } });
    expect(jsonOf(renderLocalStack(frozen))).toBe(jsonOf(renderLocalStack(frozen)));
    expect(JSON.parse(jsonOf(render()))).toEqual(render());
  });

  it('has one backend a device, each with a socket, a wire and an address of its own', () => {
    const stack = render({ local: { devices: 16 } });
    const backends = stack.backends.filter(hasProcess);
    for (const own of [
      backends.map(({ device }) => device),
      backends.map(({ mac }) => mac),
      backends.map(({ wire }) => wire.at),
      backends.map(({ args }) => args.find((arg) => arg.startsWith('net_vhost0'))),
    ])
      expect(new Set(own).size).toBe(16);
    expect(stack.memoryMiB).toBe(16 * 128);
  });

  it('uses the CPUs that this process may use rather than those of the node', () => {
    expect(render({}, { allowedCpus: [7, 8, 9] }).cpus).toEqual({
      backends: [9],
      workload: 8,
      generator: 7,
      overcommitted: false,
    });
  });

  it('keeps the workload and the generator off the CPUs that the user gave to the backends', () => {
    const { cpus, backends } = render({ local: { cpus: [1] } });
    expect(cpus).toEqual({ backends: [1], workload: 2, generator: 3, overcommitted: false });
    expect(backends.filter(hasProcess).map(({ cpu }) => cpu)).toEqual([1]);
    expect(render({ local: { devices: 2, cpus: [1] } }).cpus).toMatchObject({ backends: [1, 1], overcommitted: true });
  });
});

describe('socket paths', () => {
  const fits = (root: string): boolean => Buffer.byteLength(longestSocketPath(runDir(root))) <= 107;

  it('are refused when they would be too long, and the advice is right', () => {
    const folder = fc.stringMatching(/^\/[a-zäöü]{1,80}$/);
    fc.assert(
      fc.property(folder, (root) => {
        if (fits(root)) {
          expect(render({}, { runDir: root }).runDir).toBe(root);
          return;
        }
        let thrown: unknown;
        try {
          render({}, { runDir: root });
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toMatchObject({ code: 'VDPA-PATH-001', where: root });
        const shorter = Number(/at least (\d+) bytes shorter/.exec(JSON.stringify(thrown))?.[1]);
        expect(Buffer.byteLength(longestSocketPath(runDir(root))) - shorter).toBe(107);
      }),
    );
  });
});

describe('the stack of a machine with NICs', () => {
  it('has one translator for each, with the memory that nodes set aside for it', () => {
    const nic = nicReport({ pciAddress: '0000:01:10.0', kind: 'dpdk', driver: 'vfio-pci', iommuGroup: 3, netdevs: [] });
    const report = nodeReport({ node: { iommu: { enabled: true, groups: 4 } }, nics: [nic] });
    const decision = decide(report, config());
    const stack = renderLocalStack({
      report,
      decision,
      config: config(),
      runDir: '/run/vdpactl',
      testpmd: 'dpdk-testpmd',
    });
    expect(decision).toMatchObject({ provider: 'baremetal', backend: 'testpmd' });
    expect(stack.backends).toEqual([
      expect.objectContaining({ device: '0000:01:10.0', wire: { kind: 'nic', at: '0000:01:10.0' }, memoryMiB: 256 }),
    ]);
    expect(stack.backends.filter(hasProcess).flatMap(({ args }) => args)).toEqual(
      expect.arrayContaining(['--allow', '0000:01:10.0']),
    );
  });

  it('polls on the CPUs that the user gave to NICs', () => {
    const nic = nicReport({ pciAddress: '0000:01:10.0', kind: 'dpdk', driver: 'vfio-pci', iommuGroup: 3, netdevs: [] });
    const report = nodeReport({ node: { iommu: { enabled: true, groups: 4 } }, nics: [nic] });
    const chosen = { ...config(), nics: { ...config().nics, cpus: [2] }, local: { ...config().local, cpus: [0] } };
    const decision = decide(report, chosen);
    const stack = renderLocalStack({
      report,
      decision,
      config: chosen,
      runDir: '/run/vdpactl',
      testpmd: 'dpdk-testpmd',
    });
    expect(stack.cpus.backends).toEqual([2]);
  });

  it('leaves a vDPA device to the kernel', () => {
    const device = { name: 'vd0', driver: 'vhost_vdpa', path: '/dev/vhost-vdpa-0', pciAddress: null, mgmtdev: 'vduse' };
    const vdpa = { managementDevices: [], devices: [device], vduse: ['vd0'] };
    const report = nodeReport({ node: { vdpa, modules: { vhost_vdpa: 'loaded' } } });
    const decision = decide(report, config());
    const stack = renderLocalStack({
      report,
      decision,
      config: config(),
      runDir: '/run/vdpactl',
      testpmd: 'dpdk-testpmd',
    });
    expect(stack.backends).toEqual([
      expect.objectContaining({ device: 'vd0', backend: 'vhost-vdpa', path: '/dev/vhost-vdpa-0', mac: null }),
    ]);
    expect(stack.memoryMiB).toBe(0);
  });
});
