// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { renderCommand } from '../../src/commands/render.ts';
import type { NodeReport } from '../../src/platform/node-report.ts';
import { nicReport, nodeReport } from '../fixtures/reports.ts';
import { scratch } from '../fixtures/scratch.ts';
import { runCommand } from './run-command.ts';

const { folder } = scratch();
let cwd: string;
beforeEach(() => {
  cwd = folder();
});

const dmi = { sysVendor: 'Amazon EC2', productName: 'c5n.large', chassisAssetTag: null };
const modules = { vfio_pci: 'loaded' } as const;
const uplink = nicReport({ uplink: true, uplinkReasons: ['eth0 has an address'] });
const ena = nicReport({ pciAddress: '0000:00:06.0', vendor: '1d0f', device: 'ec20', kind: 'ena', driver: 'ena' });
const aws = nodeReport({ node: { name: 'aws-1', dmi, modules }, nics: [uplink, ena] });
const plain = nodeReport({ node: { name: 'plain-1' }, nics: [uplink] });

const list = z.object({
  schemaVersion: z.literal('vdpactl/v1'),
  apiVersion: z.literal('v1'),
  kind: z.literal('List'),
  nodeLabels: z.array(z.object({ node: z.string(), labels: z.record(z.string(), z.string()) })),
  items: z.array(z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) })),
});

function render(nodes: readonly NodeReport[], ...args: string[]): Promise<string> {
  writeFileSync(join(cwd, 'nodes.json'), JSON.stringify({ schemaVersion: 'vdpactl/v1', nodes }));
  return runCommand(renderCommand(), ['--from', 'nodes.json', ...args], cwd);
}

describe('the stack of a cluster', () => {
  it('is one list that kubectl takes, and the same bytes whatever the order of the nodes', async () => {
    const text = await render([aws, { ...aws, node: { ...aws.node, name: 'aws-2' } }], '-o', 'json');
    const { nodeLabels, items } = list.parse(JSON.parse(text));
    expect(nodeLabels.map(({ node }) => node)).toEqual(['aws-1', 'aws-2']);
    expect(items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toContain(
      'DaemonSet/vdpactl-device-plugin-aws',
    );
    expect(await render([{ ...aws, node: { ...aws.node, name: 'aws-2' } }, aws], '-o', 'json')).toBe(text);
  });

  it('has no node that has only virtual devices, unless these are asked for', async () => {
    const nodes = async (...args: string[]) =>
      list.parse(JSON.parse(await render([aws, plain], '-o', 'json', ...args))).nodeLabels.map(({ node }) => node);
    expect(await nodes()).toEqual(['aws-1']);
    expect(await nodes('--provider', 'local')).toEqual(['aws-1', 'plain-1']);
  });

  it('is YAML for people and for kubectl alike', async () => {
    const text = await render([aws]);
    expect(text).toBe(await render([aws], '-o', 'yaml'));
    expect(text).toMatch(/^# vdpactl /);
    expect(text).toContain('kubectl label --overwrite node aws-1 vdpactl.io/provider=aws');
  });

  it('is a folder, which a second run makes anew', async () => {
    expect(await render([aws], '-o', 'dir', '--dir', 'out')).toBe('out\n');
    const first = readdirSync(join(cwd, 'out'));
    expect(first).toEqual(expect.arrayContaining(['README.md', 'kustomization.yaml']));
    await render([aws], '-o', 'dir', '--dir', 'out', '--provider', 'baremetal');
    expect(readFileSync(join(cwd, 'out', 'README.md'), 'utf8')).toContain('vdpactl.io/provider=baremetal');
  });
});

it('writes no folder without being told to', async () => {
  const refused = { code: 'VDPA-USAGE-001', message: '--dir goes with -o dir only' };
  await expect(render([aws], '--dir', 'out')).rejects.toMatchObject(refused);
  await expect(render([aws], '-o', 'json', '--dir', 'out')).rejects.toMatchObject(refused);
});

describe('the stack of one machine', () => {
  it.each<[string, string[], string]>([
    ['saved reports', ['--target', 'machine'], '--target machine is for this machine, not for saved reports'],
  ])('is not made of %s', async (_what, args, message) => {
    await expect(render([aws], ...args)).rejects.toThrow(expect.objectContaining({ code: 'VDPA-USAGE-001', message }));
  });
});
