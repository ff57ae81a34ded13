// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { BackendStatus } from '../../dataplane/contract/backend-spec.ts';
import { runDir, statusFile } from '../../dataplane/contract/run-dir.ts';
import { specHash } from '../../dataplane/contract/spec-store.ts';
import { writeStack } from '../../src/local/stack-files.ts';
import type { StackStatus } from '../../src/local/status.ts';
import { watchStackStatus } from '../../src/local/watch-status.ts';
import { identify } from '../../src/process/process-table.ts';
import { localStack } from '../fixtures/local-stack.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder, startMarked } = scratch();
const end = new AbortController();
afterEach(() => end.abort());

it('answers a status now and each time that it has changed, and not for each packet', async () => {
  const dir = runDir(folder());
  const seen: StackStatus[] = [];
  const watching = (async () => {
    for await (const status of watchStackStatus(dir, end.signal)) seen.push(status);
  })();
  watching.catch(() => {});
  await expect.poll(() => seen.map(({ state }) => state)).toEqual(['degraded']);

  const stack = localStack(dir.root, { devices: 1 });
  writeStack(dir, stack);
  const spec = stack.backends[0];
  if (spec === undefined) throw new Error('the stack has no backend');
  const { pid } = startMarked('backend:local0', 'sleep', ['60'], dir.root);
  const put = (rxPackets: number, connected: boolean) => {
    const side = { rxBytes: 0, rxMissed: 0, rxErrors: 0, rxNoBuffer: 0, txPackets: 0, txBytes: 0, txErrors: 0 };
    const status: BackendStatus = {
      ...{ schemaVersion: 'vdpactl/v1', device: spec.device, state: 'running', restarts: 0, lastExit: null, cpu: null },
      ...(identify(pid) ?? { pid: null, startTicks: null }),
      since: '2026-01-01T00:00:00.000Z',
      specHash: specHash(spec),
      counters: { wire: { rxPackets, ...side }, workload: null, connected },
    };
    writeFileSync(statusFile(dir, spec.device), JSON.stringify(status));
  };
  put(1, false);
  const shown = () => seen.at(-1)?.devices[0];
  await expect.poll(() => shown()?.counters?.connected, { timeout: 5_000 }).toBe(false);
  const before = seen.length;
  for (let packets = 2; packets < 24; packets += 1) {
    put(packets, false);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(seen).toHaveLength(before);
  put(1_000, true);
  await expect.poll(() => seen.length, { timeout: 5_000 }).toBe(before + 1);
  expect(shown()?.counters).toMatchObject({ connected: true, wire: { rxPackets: 1_000 } });
  end.abort(new Error('enough'));
  await expect(watching).rejects.toThrow();
});
