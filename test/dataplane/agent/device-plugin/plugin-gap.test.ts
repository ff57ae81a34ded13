// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapWords, pluginGap } from '../../../../dataplane/agent/device-plugin/plugin-gap.ts';

const device = fc.constantFrom('0000:02:00.0', '0000:03:00.0', '0000:04:00.0', '0000:05:00.0');

describe('what kubelet was told and what there is', () => {
  it('differ by what runs and is not known, and by what is known and not offered', () => {
    const offered = fc.uniqueArray(fc.record({ device, running: fc.boolean() }), { selector: (each) => each.device });
    fc.assert(
      fc.property(offered, fc.uniqueArray(device), (devices, ids) => {
        const known = new Set(ids);
        const gap = pluginGap(devices, known) ?? { missing: [], surplus: [] };
        for (const { device: id, running } of devices) {
          expect(gap.missing.includes(id)).toBe(running && !known.has(id));
          expect(gap.surplus).not.toContain(id);
        }
        for (const id of ids) expect(gap.surplus.includes(id)).toBe(!devices.some((each) => each.device === id));
        expect(gapWords(gap) === '').toBe(pluginGap(devices, known) === null);
      }),
    );
  });
});
