// SPDX-License-Identifier: Apache-2.0
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { backendStatusSchema } from '../../dataplane/contract/backend-spec.ts';
import { statusFile } from '../../dataplane/contract/run-dir.ts';
import { Supervisor } from '../../dataplane/supervisor/supervisor.ts';
import { dpdkVdpaBackend } from '../../src/backends/dpdk-vdpa.ts';
import { readJsonFile } from '../../src/files/json-file.ts';
import { run } from '../../src/process/run.ts';
import { madeRunDir, putSpec } from '../fixtures/backend-spec.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder } = scratch();
let supervisor: Supervisor | null = null;
afterEach(() => supervisor?.letGo());

it("DPDK's own vDPA example is told of a device at its prompt, and its answer is seen", async () => {
  const root = folder();
  cpSync('/usr/share/dpdk/examples/vdpa', join(root, 'vdpa'), { recursive: true });
  const built = await run('make', ['-C', join(root, 'vdpa'), 'shared'], { env: process.env, timeoutMs: 120_000 });
  expect(built.exitCode, built.all).toBe(0);
  const dir = madeRunDir(join(root, 'run'));
  const device = '0000:99:00.0';
  const spec = dpdkVdpaBackend(dir, {
    device,
    ids: { vendor: '15b3', device: '101e', subsystemVendor: null, subsystemDevice: null },
    mac: '02:00:00:00:00:01',
    queues: 1,
    queueSize: 1024,
    cpu: 0,
    memoryMiB: 64,
    noIommu: false,
    program: join(root, 'vdpa', 'build', 'vdpa-shared'),
  });
  putSpec(dir, spec);
  supervisor = new Supervisor(dir, () => {});
  const status = () => readJsonFile(statusFile(dir, device), backendStatusSchema);
  const deadline = performance.now() + 20_000;
  while ((status()?.restarts ?? 0) === 0 && performance.now() < deadline) {
    supervisor.tick();
    await sleep(20);
  }
  // No machine of the tests has such a NIC. What can be had is that the program starts, reads and answers.
  expect(status()?.lastExit?.output.join('\n')).toContain(`Unable to find vdpa device id for ${device}`);
});
