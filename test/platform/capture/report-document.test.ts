// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadReports } from '../../../src/platform/capture/load-reports.ts';
import { parseReports } from '../../../src/platform/capture/report-document.ts';
import { nodeReportSchema } from '../../../src/platform/node-report.ts';
import { probe } from '../../../src/platform/probe.ts';
import { allNodes } from '../../fixtures/nodes.ts';
import { nicReport, nodeReport } from '../../fixtures/reports.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { withTree } from '../../fixtures/tree.ts';

const { folder } = scratch();
const parse = (document: unknown) => parseReports(JSON.stringify(document), 'nodes.json');
const whole = nodeReport({ nics: [nicReport()] });

/** What `parse` refuses a document with. */
function refusal(document: unknown): { message: string; details: readonly string[] } {
  try {
    parse(document);
  } catch (error) {
    expect(error).toMatchObject({ code: 'VDPA-BUNDLE-003', exitCode: 2, where: 'nodes.json' });
    return error as { message: string; details: readonly string[] };
  }
  throw new Error('it was taken');
}

describe('a report', () => {
  it.each(Object.entries(allNodes))('of %s comes back as it was, without the decision', (_, tree) => {
    const report = withTree(tree, (root) => probe({ root }));
    expect(parse({ ...report, decision: { provider: 'local' } })).toEqual([report]);
  });

  it('may be one of many, in their order', () => {
    const other = nodeReport({ node: { name: 'node-2' } });
    expect(parse({ schemaVersion: 'vdpactl/v1', nodes: [whole, other] })).toEqual([whole, other]);
    expect(parse({ schemaVersion: 'vdpactl/v1', nodes: [] })).toEqual([]);
  });

  it('loses keys that nobody knows', () => {
    expect(parse({ ...whole, extra: 1, node: { ...whole.node, extra: { deep: 1 } } })).toEqual([whole]);
  });
});

describe('what is missing', () => {
  const missing = (claim: string, value = 'missing in the report') => ({ claim, source: 'report', value });

  it('becomes null or empty, and is in the evidence', () => {
    const { cni: _cni, cloud: _cloud, iommu: _iommu, ...node } = whole.node;
    const { driver: _driver, netdevs: _netdevs, ...nic } = nicReport();
    const [report] = parse({ node: { ...node, cpus: { online: [0] } }, nics: [nic] });
    expect(report?.node).toEqual({
      ...whole.node,
      cni: { configFiles: [], multus: null },
      cloud: null,
      iommu: { enabled: false, groups: 0 },
      cpus: { online: [0], isolated: [], numaNodes: 0, byNumaNode: [] },
    });
    expect(report?.nics).toEqual([nicReport({ driver: null, netdevs: [] })]);
    for (const claim of ['node.cni', 'node.cloud', 'node.iommu', 'node.cpus.isolated', 'nics[0].driver', 'evidence'])
      expect(report?.evidence).toContainEqual(missing(claim));
  });

  it('never makes an interface free to take', () => {
    const { uplink: _uplink, uplinkReasons: _reasons, ...nic } = nicReport();
    const [report] = parse({
      ...whole,
      nics: [nic, { ...nic, uplink: false, uplinkReasons: ['eth0 has an address'] }],
    });
    expect(report?.nics.map(({ uplink }) => uplink)).toEqual([true, true]);
    expect(report?.nics[0]?.uplinkReasons).toEqual(['cannot be ruled out: missing in the report']);
  });

  it('takes a NIC out that nothing can be said of', () => {
    const { vendor: _vendor, ...nic } = nicReport();
    const [report] = parse({ ...whole, nics: [nic, nicReport({ pciAddress: '0000:00:04.0' })] });
    expect(report?.nics.map(({ pciAddress }) => pciAddress)).toEqual(['0000:00:04.0']);
    expect(report?.evidence).toContainEqual(missing('nics[0]', 'left out: vendor missing in the report'));
  });

  it('may be nearly all', () => {
    expect(() => nodeReportSchema.parse(parse({ node: {} })[0])).not.toThrow();
    expect(() => nodeReportSchema.parse(parse({ nics: [] })[0])).not.toThrow();
  });
});

describe('what is wrong', () => {
  it('is named with its path', () => {
    const nics = [nicReport(), { ...nicReport(), uplink: 'no', vendor: '8086x' }];
    expect(refusal({ ...whole, nics }).details).toEqual([
      expect.stringMatching(/^nics\[1\]\.vendor: /),
      expect.stringMatching(/^nics\[1\]\.uplink: .*boolean/),
    ]);
    expect(refusal({ nodes: [whole, { ...whole, node: { ...whole.node, cpus: [] } }] }).details).toEqual([
      expect.stringMatching(/^nodes\[1\]\.node\.cpus: /),
    ]);
  });

  it('is not listed without end', () => {
    const { details } = refusal({ nodes: Array(100).fill({ node: 7 }) });
    expect(details).toHaveLength(21);
    expect(details.at(-1)).toBe('and 80 more');
  });

  it.each<[unknown, string]>([
    [[], 'no JSON object'],
    ['x', 'no JSON object'],
    [{}, 'value'],
    [{ nodes: {} }, 'nodes is no list'],
    [{ nodes: [7] }, 'value'],
    [{ ...whole, schemaVersion: 'vdpactl/v2' }, 'schemaVersion is "vdpactl/v2"'],
    [{ ...whole, schemaVersion: 2 }, 'schemaVersion is no text'],
    [{ apiVersion: 'v1', kind: 'List', items: [] }, 'value'],
  ])('%j is refused', (document, words) => {
    expect(refusal(document).message).toContain(words);
  });

  it('is no JSON, and is refused as the file that it is', async () => {
    const file = join(folder(), 'nodes.json');
    writeFileSync(file, '{"node": ');
    await expect(loadReports(file, 'nodes.json')).rejects.toMatchObject({
      code: 'VDPA-BUNDLE-003',
      where: 'nodes.json',
    });
    writeFileSync(file, `\ufeff ${JSON.stringify(whole)}\n`);
    expect(await loadReports(file)).toEqual([whole]);
  });
});

it('any JSON is taken or refused, and what is taken has the shape of a report', () => {
  const spoiled = fc.tuple(fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined))).map(([at, value]) => {
    let index = 0;
    const text = JSON.stringify(whole, (_, old: unknown) => (index++ === at % 120 && index > 1 ? value : old));
    return text ?? 'null';
  });
  fc.assert(
    fc.property(fc.oneof(spoiled, fc.json()), (text) => {
      try {
        for (const report of parseReports(text, 'x')) nodeReportSchema.parse(report);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VDPA-BUNDLE-003' });
      }
    }),
    { numRuns: 300, seed: 20191121 },
  );
});

it('a thousand reports load in far less than a second', async () => {
  const report = withTree(allNodes['sriov'] ?? {}, (root) => probe({ root }));
  const file = join(folder(), 'nodes.json');
  writeFileSync(file, JSON.stringify({ schemaVersion: 'vdpactl/v1', nodes: Array(1000).fill(report) }));
  await loadReports(file);
  const before = process.cpuUsage();
  expect(await loadReports(file)).toHaveLength(1000);
  const { user, system } = process.cpuUsage(before);
  // CPU time, which others on the machine cannot take.
  expect((user + system) / 1e6).toBeLessThan(1);
});
