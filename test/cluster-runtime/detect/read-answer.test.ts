// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloudOfNode } from '../../../src/cluster/detect/cloud-of-node.ts';
import { readAnswer } from '../../../src/cluster/detect/read-answer.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';

const report = awsNode('own-name');
const document = JSON.stringify({ ...report, decision: { provider: 'aws' } }, null, 2);
const read = (text: string, truncated = false) => readAnswer({ text, truncated }, { name: 'node-1', cloud: null });

describe('readAnswer', () => {
  it.each([
    ['alone', `${document}\n`],
    ['between warnings', `(node:1) Warning: {x}\n${document}\nbye\n`],
  ])('finds the report %s', (_, text) => {
    const found = read(text);
    expect(found.nics).toEqual(report.nics);
    expect(found.node).toEqual({ ...report.node, name: 'node-1' });
    expect(found).not.toHaveProperty('decision');
  });

  it('runs in the cloud that the node object names', () => {
    const cloud = cloudOfNode('aws:///eu-central-1a/i-0abc');
    expect(readAnswer({ text: document, truncated: false }, { name: 'node-1', cloud }).node.cloud).toEqual(cloud);
  });

  it('says whose word the name is', () => {
    const named = { ...report, evidence: [{ claim: 'name', source: '/proc/sys/kernel/hostname', value: 'own-name' }] };
    expect(read(JSON.stringify(named, null, 2)).evidence).toContainEqual({
      claim: 'name',
      source: 'Kubernetes',
      value: 'node-1',
    });
  });

  it.each([
    ['nothing', '', 'no JSON'],
    ['words', 'exec format error', 'no JSON'],
    ['half a report', document.slice(0, 500), 'no JSON'],
    ['an error', '{\n  "schemaVersion": "vdpactl/v1",\n  "error": {}\n}', 'something that is no report'],
    ['many reports', JSON.stringify({ nodes: [report, report] }, null, 2), '2 reports instead of one'],
    ['none', JSON.stringify({ nodes: [], x: 1 }, null, 2), '0 reports instead of one'],
  ])('refuses %s', (_, text, what) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'VDPA-CLUSTER-008',
        where: 'node node-1',
        message: expect.stringContaining(what),
      }),
    );
  });

  it('refuses what goes on and on', () => {
    expect(() => read(document, true)).toThrow(/more than 8 MiB/);
  });

  it('throws nothing else, whatever comes', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json().map((text) => JSON.stringify(JSON.parse(text), null, 2)),
      fc.nat(document.length).map((at) => document.slice(0, at) + document.slice(at + 7)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          return read(text).node.name === 'node-1';
        } catch (error) {
          return error instanceof VdpaError && error.code === 'VDPA-CLUSTER-008';
        }
      }),
    );
  });
});
