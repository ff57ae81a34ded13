// SPDX-License-Identifier: Apache-2.0
import { fingerprint } from './node-specs/fingerprint.ts';
import type { NodeSpecs } from './node-specs/node-specs.ts';

/** How often it is looked whether anything has changed, ms. */
const lookMs = 2_000;
/** What has failed is tried again after this, ms. */
const retryMs = 30_000;
/** Everything is looked at again after this, ms: routes, which make an uplink of a NIC, are in no fingerprint. */
const againMs = 300_000;

export interface DeviceWatch {
  stop(): void;
}

/** Looks at the node, and keeps what is offered up to date with it. `changed` is called after each look. */
export async function watchDevices(
  specs: Pick<NodeSpecs, 'refresh' | 'canGoOn'>,
  configFile: string,
  changed: () => void,
): Promise<DeviceWatch> {
  let seen = '';
  let next = 0;
  let busy = false;
  const look = async () => {
    if (busy) return;
    // Taken before the look: what changes meanwhile is looked at again.
    const now = fingerprint(configFile);
    if (now === seen && !specs.canGoOn && performance.now() < next) return;
    busy = true;
    const well = await specs.refresh();
    busy = false;
    seen = now;
    next = performance.now() + (well ? againMs : retryMs);
    changed();
  };
  await look();
  const timer = setInterval(() => void look(), lookMs);
  return { stop: () => clearInterval(timer) };
}
