// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { type PodRecord, podRecordSchema } from '../../../../dataplane/agent/pod/record.ts';
import { recordFile } from '../../../../dataplane/contract/pod-paths.ts';
import { kernelSpec } from '../../../fixtures/backend-spec.ts';
import { junk } from '../../../fixtures/junk.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { askFor, codeOf, LabNode } from './lab-node.ts';

const { folder } = scratch();
let node: LabNode;
let agent: PodAttachments;

beforeEach(async () => {
  node = new LabNode(folder());
  for (const pod of ['pod-a', 'pod-b']) node.addPod(pod);
  agent = await node.open();
});

const file = () => recordFile(node.dir, 'pod-a', 'net1');
const record = (): PodRecord => podRecordSchema.parse(JSON.parse(readFileSync(file(), 'utf8')));
const held = () => agent.all().map(({ pod, attachment }) => `${pod.uid} ${attachment.interface} ${attachment.device}`);
/** As the runtime asks of a network without addresses, or whose plugin is another by now. */
const del = (container = 'pod-a-1') => agent.detach({ pod: 'pod-a', container, interface: 'net1' }, null);

/** The agent ends, its record is as another version writes it, and the next agent begins. */
async function rewritten(change: (record: PodRecord) => unknown): Promise<string> {
  const text = `${JSON.stringify(change(record()))}\n`;
  writeFileSync(file(), text);
  agent = await node.open();
  return text;
}

describe('a record that a later version wrote', () => {
  const later = { schemaVersion: 'vdpactl/v2' };

  it.each<[string, (record: PodRecord) => unknown]>([
    ['has the same fields', (all) => ({ ...all, ...later })],
    ['has more fields', (all) => ({ ...all, ...later, attachment: { ...all.attachment, rate: 9 }, tags: ['x'] })],
    ['says other things by some', (all) => ({ ...all, ...later, state: 'paused', addresses: '10.1.1.2', pod: 7 })],
    [
      'lacks some',
      ({ ipam, deviceInfoFile, container, attachment: { device } }) => {
        return { ...later, ipam, deviceInfoFile, container, attachment: { device } };
      },
    ],
  ])('and %s holds its device, is left as it is, and is undone by DEL', async (_what, change) => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    const mounted = node.mounts.onTop.get('local0');
    const text = await rewritten(change);
    expect(held()).toEqual(['pod-a net1 local0']);
    expect(readFileSync(file(), 'utf8')).toBe(text);
    expect(node.mounts.onTop.get('local0')).toBe(mounted);
    expect(node.log.at(-1)).toBe(
      'pod pod-a net1: the record says "vdpactl/v2", and this version of vdpactl knows vdpactl/v1; ' +
        'it has device local0, until its DEL',
    );
    expect(await codeOf(agent.attach(askFor(node, 'pod-b', 'local0')))).toBe(cniCodes.deviceTaken);
    await del();
    expect(node.traces()).toEqual([]);
  });

  it('holds a device of the kernel, of which no mount tells, and takes it back from its pod', async () => {
    const spec = kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-3' });
    await agent.attach(askFor(node, 'pod-a', spec.device, { spec }));
    await rewritten((all) => ({ ...all, ...later }));
    expect(await codeOf(agent.attach(askFor(node, 'pod-b', spec.device, { spec })))).toBe(cniCodes.deviceTaken);
    await del();
    expect(node.owners.get('/dev/vhost-vdpa-3')).toEqual({ group: 0, mode: 0o600 });
    expect(node.traces()).toEqual([]);
  });

  it('gives back addresses that were not taken back before', async () => {
    const ask = askFor(node, 'pod-a', 'local0');
    await agent.attach(ask);
    const released: PodRecord = { ...record(), state: 'released' };
    await del();
    node.leases.held.add('pod-a-1/net1');
    mkdirSync(dirname(file()), { recursive: true });
    writeFileSync(file(), JSON.stringify({ ...released, ...later }));
    agent = await node.open();
    await agent.sweep();
    expect(node.traces()).toEqual([]);
  });

  it('goes with a pod that went while no agent ran', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    node.removePod('pod-a');
    await rewritten((all) => ({ ...all, ...later }));
    expect(node.traces()).toEqual([]);
  });

  it('is of one of two sandboxes, and a late DEL of the other takes nothing', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0', { sandbox: 2 }));
    await rewritten((all) => ({ ...all, ...later }));
    await del('pod-a-1');
    expect(held()).toEqual(['pod-a net1 local0']);
  });
});

it('a record with fields that a version of the same number has added is understood without a word', async () => {
  await agent.attach(askFor(node, 'pod-a', 'local0'));
  const before = record();
  await rewritten((all) => ({ ...all, added: 1, attachment: { ...all.attachment, added: { by: 'another' } } }));
  expect(agent.all()).toEqual([before]);
  expect(node.log).toEqual([]);
});

it('whatever became of the rest of a record, it holds the device that it names, and DEL frees it', async () => {
  const fields = fc.constantFrom('state', 'pod', 'container', 'network', 'addresses', 'deviceInfoFile', 'kind');
  const changes = fc.dictionary(fields, fc.oneof(fc.jsonValue(), junk, fc.constant(undefined)), { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(changes, fc.jsonValue(), async (change, info) => {
      await agent.attach(askFor(node, 'pod-a', 'local0', { deviceInfoFile: null }));
      await rewritten((all) => {
        const attachment = { ...all.attachment, 'device-info': info };
        return { ...all, schemaVersion: 'vdpactl/v9', ...change, attachment };
      });
      const taken = await codeOf(agent.attach(askFor(node, 'pod-b', 'local0')));
      const isToBeUndone = ['changing', 'released'].includes(`${change['state']}`);
      expect(taken).toBe(isToBeUndone ? null : cniCodes.deviceTaken);
      await del(typeof change['container'] === 'string' ? change['container'] : 'pod-a-1');
      await agent.detach({ pod: 'pod-b', container: 'pod-b-1', interface: 'net1' }, null);
      expect(node.mounts.attached()).toEqual([]);
      expect(node.leases.held.size).toBe(0);
    }),
    {
      numRuns: 100,
      examples: [
        [{ deviceInfoFile: './' }, null],
        [{ deviceInfoFile: '/' }, null],
      ],
    },
  );
});
