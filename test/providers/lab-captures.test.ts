// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadReports } from '../../src/platform/capture/load-reports.ts';
import { decide } from '../../src/providers/decide.ts';
import { config } from '../fixtures/reports.ts';

const folder = fileURLToPath(new URL('../fixtures/captures', import.meta.url));
const captures = readdirSync(folder).filter((name) => name.endsWith('.tgz'));

/** The machines of the hardware lab (docs/hardware-lab.md), as captured there. */
describe('the decision on the capture', () => {
  it.each(captures)('%s is, word for word, what golden holds', async (file) => {
    const [report] = await loadReports(`${folder}/${file}`, file);
    if (report === undefined) throw new Error(`${file} holds no report`);
    const decision = decide(report, config());
    const golden = `golden/captures/${basename(file, '.tgz')}.json`;
    await expect(`${JSON.stringify(decision, null, 2)}\n`).toMatchFileSnapshot(golden);
    const uplinks = report.nics.filter(({ uplink }) => uplink).map(({ pciAddress }) => pciAddress);
    expect(uplinks).toEqual(['0000:01:00.0']);
  });
});
