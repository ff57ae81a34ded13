// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { backendSpecSchema } from '../../dataplane/contract/backend-spec.ts';
import { runDir } from '../../dataplane/contract/run-dir.ts';
import { dpdkVdpaBackend } from '../../src/backends/dpdk-vdpa.ts';

const dir = runDir('/run/vdpactl');
const mlx5 = { vendor: '15b3', device: '101e', subsystemVendor: null, subsystemDevice: null };
const ifcvf = { vendor: '1af4', device: '1041', subsystemVendor: '8086', subsystemDevice: '001a' };
const options = {
  device: '0000:65:00.2',
  mac: '02:01:02:03:04:05',
  queues: 1,
  queueSize: 1024,
  cpu: 2,
  memoryMiB: 256,
  noIommu: false,
  program: 'dpdk-vdpa',
};

it.each([
  ['mlx5', mlx5, '0000:65:00.2,class=vdpa'],
  ['IFCVF', ifcvf, '0000:65:00.2,vdpa=1'],
])('the vDPA daemon of %s names its device in the words of its driver', (_what, ids, allowed) => {
  const spec = dpdkVdpaBackend(dir, { ...options, ids });
  expect([spec.program, ...spec.args].join(' ')).toBe(
    `stdbuf -oL dpdk-vdpa --lcores 0@2 --in-memory --single-file-segments -m 256 --allow ${allowed} --no-telemetry --iova-mode=va --file-prefix vdpactl-0000:65:00.2 -- --client --interactive`,
  );
  expect(spec.input).toEqual(['create /run/vdpactl/dev/0000:65:00.2/vhost.sock 0000:65:00.2']);
  expect(backendSpecSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
});
