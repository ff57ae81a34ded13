// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config-schema.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { decideFleet } from '../../src/fleet/decide-fleet.ts';
import type { FleetResult } from '../../src/fleet/fleet-result.ts';
import { fleetDocument, fleetText } from '../../src/output/fleet-text.ts';
import { parseReports } from '../../src/platform/capture/report-document.ts';
import { alibabaNode, awsNode, withIommu } from '../fixtures/cluster-nodes.ts';
import { nicReport, nodeReport } from '../fixtures/reports.ts';

const config = configSchema.parse({});

function failed(node: string, code: 'VDPA-CLUSTER-007' | 'VDPA-CLUSTER-008', message: string): FleetResult {
  return { node, error: new VdpaError(code, message, { where: `node ${node}`, next: `look at ${node}` }) };
}

const mixed: readonly FleetResult[] = [
  {
    node: 'ali-1',
    report: alibabaNode('ali-1', { vp_vdpa: 'available', vhost_vdpa: 'available', vdpa: 'available' }, withIommu),
  },
  { node: 'aws-1', report: awsNode('aws-1') },
  failed('bad-1', 'VDPA-CLUSTER-007', 'the probe did not run: ErrImagePull'),
  failed('bad-2', 'VDPA-CLUSTER-007', 'the probe did not run: ErrImagePull'),
  failed('odd-1', 'VDPA-CLUSTER-008', 'the probe answered no JSON\x1b[2J'),
];

describe('fleetText', () => {
  it('has a line a node, what the backends cost, and each error once', () => {
    expect(fleetText(decideFleet(mixed, config, []))).toMatchInlineSnapshot(`
      "node   provider  backend     devices       uplinks
      ali-1  alibaba   vhost-vdpa  0000:00:06.0  eth0     1 device to be made first
      aws-1  aws       testpmd     0000:00:06.0  ens5     no IOMMU isolates 1 device
      bad-1  -         -           -             -        error VDPA-CLUSTER-007
      bad-2  -         -           -             -        error VDPA-CLUSTER-007
      odd-1  -         -           -             -        error VDPA-CLUSTER-008

      testpmd: one packet copy each way
      vhost-vdpa: no packet copy

      error VDPA-CLUSTER-007: the probe did not run: ErrImagePull
        nodes: bad-1 bad-2
        next: look at bad-1
      error VDPA-CLUSTER-008: the probe answered no JSON?[2J
        nodes: odd-1
        next: look at odd-1

      5 nodes, 2 devices to give away; 3 nodes could not be looked at
      "
    `);
  });

  it('names a few of many devices, and sets the header apart', () => {
    const nics = Array.from({ length: 6 }, (_, at) =>
      nicReport({
        pciAddress: `0000:00:1${at}.0`,
        vendor: '8086',
        device: '1572',
        driver: 'i40e',
        kind: 'dpdk',
        iommuGroup: at,
      }),
    );
    const iommu = { enabled: true, groups: 9 };
    const modules = { vfio_pci: 'loaded', vfio_iommu_type1: 'loaded' } as const;
    const report = nodeReport({ node: { iommu, modules }, nics });
    const text = fleetText(decideFleet([{ node: 'many', report }], config, []), (title) => `<${title}>`);
    expect(text).toMatch(/^<node .*>\n/);
    expect(text).toContain('0000:00:10.0 0000:00:11.0 0000:00:12.0 and 3 more');
  });

  it('says of one node what a choice of the user does not go with, and goes on', () => {
    const chosen = configSchema.parse({ backend: 'vhost-vdpa' });
    const rows = decideFleet(mixed.slice(0, 2), chosen, ['backend']);
    expect(rows.map((row) => ('error' in row ? row.error.code : row.decision.backend))).toEqual([
      'vhost-vdpa',
      'VDPA-PROVIDER-001',
    ]);
  });
});

describe('fleetDocument', () => {
  const document = fleetDocument(decideFleet(mixed, config, []));

  it('can be read back', () => {
    const reports = parseReports(JSON.stringify(document), 'fleet.json');
    expect(reports).toEqual(mixed.flatMap((result) => ('report' in result ? [result.report] : [])));
  });

  it('has the whole error of a node that could not be looked at', () => {
    expect(document).toMatchObject({
      nodes: [
        { node: { name: 'ali-1' }, decision: { provider: 'alibaba' } },
        { node: { name: 'aws-1' }, decision: { provider: 'aws', backend: 'testpmd' } },
        {
          node: { name: 'bad-1' },
          error: { code: 'VDPA-CLUSTER-007', where: 'node bad-1', next: 'look at bad-1', exitCode: 3 },
        },
        {},
        {},
      ],
    });
  });
});
