// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestSocketPath, runDir } from '../../dataplane/contract/run-dir.ts';
import { decide } from '../../src/providers/decide.ts';
import { type LocalStack, type LocalStackInput, renderLocalStack } from '../../src/templates/local-stack.ts';
import { config, nodeReport } from '../fixtures/reports.ts';

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
    const { backends, memoryMiB } = render({ local: { devices: 16 } });
    for (const own of [
      backends.map(({ device }) => device),
      backends.map(({ mac }) => mac),
      backends.map(({ wire }) => wire.at),
      backends.map(({ args }) => args.find((arg) => arg.startsWith('net_vhost0'))),
    ])
      expect(new Set(own).size).toBe(16);
    expect(memoryMiB).toBe(16 * 128);
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
    expect(backends.map(({ cpu }) => cpu)).toEqual([1]);
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
