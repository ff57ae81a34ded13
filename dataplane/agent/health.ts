// SPDX-License-Identifier: Apache-2.0
import type { Pages } from '../../src/process/serve-pages.ts';
import { type NodePage, nodePagePath } from '../contract/node-page.ts';
import { exposition, expositionType, type Family } from './metrics/exposition.ts';

/** What the pages of an agent say. */
export interface HealthFacts {
  /** Why pods cannot be given devices though there may be some; empty: they can. */
  readonly obstacles: () => readonly string[];
  /** Why there is no device, or what stands in the way of others: worth saying, and no reason not to be ready. */
  readonly notes: () => readonly string[];
  readonly metrics: () => readonly Family[];
  readonly node: () => NodePage;
}

const json = 'application/json';

/** What is shown to whoever reaches the node, where the config says so: what it offers and what that does, and no pod's name. */
export function shownPages({ metrics, node }: Pick<HealthFacts, 'metrics' | 'node'>): Pages {
  return {
    '/metrics': () => ({ status: 200, text: exposition(metrics()), type: expositionType }),
    [nodePagePath]: () => ({ status: 200, text: `${JSON.stringify(node())}\n`, type: json }),
  };
}

/**
 * The pages for kubelet and for who collects metrics. A node without a device is ready: there is nothing that it could do
 * and does not, and a stack that waited for it would never be.
 */
export function agentPages({ obstacles, notes, ...shown }: HealthFacts): Pages {
  return {
    '/healthz': () => ({ status: 200, text: 'ok\n' }),
    '/readyz': () => {
      const found = obstacles();
      const lines = [found.length === 0 ? 'ok' : 'not ready', ...found, ...notes().map((note) => `note: ${note}`)];
      return { status: found.length === 0 ? 200 : 503, text: lines.map((line) => `${line}\n`).join('') };
    },
    ...shownPages(shown),
  };
}
