// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { healthPages } from '../../../dataplane/supervisor/health.ts';

const readyz = (notRunning: { device: string; state: 'backing-off' | 'starting'; why?: string }[]) =>
  healthPages({ notRunning: () => notRunning })['/readyz']?.();

it('is ready when every wanted backend runs, and where none is wanted', () => {
  expect(readyz([])).toEqual({ status: 200, text: 'ok\n' });
});

it('says which backends it waits for', () => {
  const found = readyz([
    { device: 'local0', state: 'starting' },
    { device: 'local1', state: 'backing-off', why: 'its spec is damaged' },
  ]);
  const text = 'backend of local0: starting\nbackend of local1: backing-off, its spec is damaged\n';
  expect(found).toEqual({ status: 503, text });
});

it('is alive whatever its backends do', () => {
  const pages = healthPages({ notRunning: () => [{ device: 'local0', state: 'backing-off' }] });
  expect(pages['/healthz']?.().status).toBe(200);
});
