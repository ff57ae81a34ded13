// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planStack } from '../../../src/cluster/deploy/plan-stack.ts';
import { liveObjectSchema } from '../../../src/cluster/objects/live-object.ts';
import { refOf } from '../../../src/cluster/objects/object-ref.ts';
import { type Inventory, inventoryObject, parseInventory } from '../../../src/cluster/stack/inventory.ts';
import type { StackPlan } from '../../../src/cluster/stack/stack-plan.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { valueAt } from '../../../src/config/plain-data.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { awsNode, connectxNode } from '../../fixtures/cluster-nodes.ts';

type Content = Omit<Inventory, 'schemaVersion' | 'version'>;

const config = configSchema.parse({});
const { plan } = planStack(
  [awsNode('aws-1'), connectxNode('metal-1')].map((report) => ({ node: report.node.name ?? '', report })),
  null,
  config,
  [],
);
const content = (change: Partial<Content> = {}): Content => ({
  state: 'deployed',
  objects: plan.objects.map((object) => ({ ...refOf(object), adopted: object.kind === 'Namespace' })),
  plan,
  previous: null,
  ...change,
});
/** As it comes back from a server. */
const live = (object: object) => liveObjectSchema.parse(JSON.parse(JSON.stringify(object)));
const recordOf = (object: object) => String(valueAt(object, ['data', 'inventory.json']));
const roundTrip = (one: Content) => parseInventory(live(inventoryObject('n', one)));

describe('an inventory', () => {
  it.each(['deploying', 'deployed', 'destroying'] as const)('comes back as it was written: %s', (state) => {
    const one = content({ state, previous: state === 'deploying' ? { objects: [], nodes: plan.nodes } : null });
    const found = roundTrip(one);
    expect(found).toEqual({ kind: 'found', inventory: { ...one, schemaVersion, version: expect.any(String) } });
  });

  it('comes back with any plan of plain data', () => {
    const object = fc.record({
      apiVersion: fc.constant('v1'),
      kind: fc.constant('ConfigMap'),
      metadata: fc.record({ name: fc.string({ minLength: 1 }) }),
      data: fc.dictionary(fc.stringMatching(/^[a-z.]{1,9}$/), fc.string()),
    });
    fc.assert(
      fc.property(fc.array(object), (objects) => {
        const one: StackPlan = { objects: objects as unknown as StackPlan['objects'], nodes: [] };
        const found = roundTrip(content({ plan: one }));
        expect(found.kind === 'found' && found.inventory.plan).toEqual(JSON.parse(JSON.stringify(one)));
      }),
      { numRuns: 50 },
    );
  });

  it('is the same bytes each time, and fits into an object of a cluster with many nodes', () => {
    const nodes = Array.from({ length: 5_000 }, (_, index) => ({ ...plan.nodes[0], name: `node-${index}` }));
    const many = content({ plan: { ...plan, nodes } as StackPlan, previous: { ...plan, nodes } as StackPlan });
    const text = JSON.stringify(inventoryObject('n', many));
    expect(JSON.stringify(inventoryObject('n', many))).toBe(text);
    // etcd takes 1.5 MiB, a ConfigMap 1 MiB.
    expect(text.length).toBeLessThan(512 * 1024);
  });

  it('names all objects as read by an older reader: adopted may be missing', () => {
    const object = inventoryObject('n', content());
    const record = JSON.parse(recordOf(object));
    for (const entry of record.objects) delete entry.adopted;
    const found = parseInventory(live({ ...object, data: { 'inventory.json': JSON.stringify(record) } }));
    expect(found.kind === 'found' && found.inventory.objects.every(({ adopted }) => !adopted)).toBe(true);
  });
});

describe('a damaged inventory', () => {
  const good = inventoryObject('n', content());
  const gzip = (text: string) => gzipSync(text).toString('base64');
  const record = (change: object) => JSON.stringify({ ...JSON.parse(recordOf(good)), ...change });
  it.each([
    ['nothing in it', { data: undefined, binaryData: undefined }],
    ['no record', { data: {} }],
    ['half a record', { data: { 'inventory.json': '{"schemaVersion":' } }],
    ['a record of another schema', { data: { 'inventory.json': record({ schemaVersion: 'vdpactl/v9' }) } }],
    ['a state that there is not', { data: { 'inventory.json': record({ state: 'fine' }) } }],
    ['an object without a kind', { data: { 'inventory.json': record({ objects: [{ apiVersion: 'v1' }] }) } }],
    [
      'a name that leads elsewhere',
      {
        data: {
          'inventory.json': record({
            objects: [{ apiVersion: 'v1', kind: 'X', resource: 'x', namespace: 'n', name: '../../secrets' }],
          }),
        },
      },
    ],
    ['no plan', { binaryData: {} }],
    ['a plan that is not packed', { binaryData: { 'stack.json.gz': Buffer.from('{}').toString('base64') } }],
    ['a plan that is no plan', { binaryData: { 'stack.json.gz': gzip('{"objects": 3}') } }],
    [
      'a plan cut short',
      { binaryData: { 'stack.json.gz': String(valueAt(good, ['binaryData', 'stack.json.gz'])).slice(0, 99) } },
    ],
    [
      'a plan before that is none',
      { binaryData: { 'stack.json.gz': valueAt(good, ['binaryData', 'stack.json.gz']), 'previous.json.gz': 'AAAA' } },
    ],
  ])('%s', (_, change) => {
    const found = parseInventory(live({ ...good, ...change }));
    expect(found).toEqual({ kind: 'damaged', why: expect.stringMatching(/\w/) });
  });

  it('never throws, whatever somebody has put there', () => {
    const text = fc.oneof(fc.string(), fc.json(), fc.base64String());
    const map = fc.option(
      fc.dictionary(fc.constantFrom('inventory.json', 'stack.json.gz', 'previous.json.gz', 'x'), text),
      {
        nil: undefined,
      },
    );
    fc.assert(
      fc.property(map, map, (data, binaryData) => {
        const found = parseInventory(live({ metadata: { name: 'vdpactl-inventory' }, data, binaryData }));
        expect(found.kind).toBe('damaged');
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (data) => {
        const object = { metadata: { name: 'x' }, data } as Parameters<typeof parseInventory>[0];
        expect(parseInventory(object).kind).toBe('damaged');
      }),
    );
  });
});
