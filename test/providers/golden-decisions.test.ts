// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { probe } from '../../src/platform/probe.ts';
import { decide } from '../../src/providers/decide.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { config } from '../fixtures/reports.ts';
import { withTree } from '../fixtures/tree.ts';

/** What is made of each node that was built by hand for a kind of machine. A change here is one for users. */
describe('the decision on', () => {
  it.each(Object.entries(allNodes))('%s is, word for word, what golden holds', async (name, tree) => {
    const decision = withTree(tree, (root) => decide(probe({ root }), config()));
    await expect(`${JSON.stringify(decision, null, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
  });

  it.each(Object.entries(allNodes))('%s takes no uplink', (_name, tree) => {
    withTree(tree, (root) => {
      const report = probe({ root });
      const uplinks = report.nics.filter(({ uplink }) => uplink).map(({ pciAddress }) => pciAddress);
      for (const provider of ['auto', 'baremetal', 'alibaba', 'aws', 'local'] as const) {
        const { devices } = decide(report, config({ provider }));
        expect(devices.filter(({ pciAddress }) => uplinks.includes(pciAddress))).toEqual([]);
      }
    });
  });
});
