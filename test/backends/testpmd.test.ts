// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { backendSpecSchema } from '../../dataplane/contract/backend-spec.ts';
import { runDir } from '../../dataplane/contract/run-dir.ts';
import { type TestpmdOptions, testpmdBackend } from '../../src/backends/testpmd.ts';

const dir = runDir('/run/vdpactl');
const options: TestpmdOptions = {
  device: 'local0',
  wire: 'memif',
  interface: null,
  mac: '02:01:02:03:04:05',
  queues: 1,
  queueSize: 1024,
  cpu: 2,
  memoryMiB: 128,
  noIommu: false,
  program: '/usr/bin/dpdk-testpmd',
};

/** The whole command line, as one reads it in `ps`. */
function commandLine(change: Partial<TestpmdOptions> = {}): string {
  const { program, args } = testpmdBackend(dir, { ...options, ...change });
  return [program, ...args].join(' ');
}

const eal = (cpu: number, memory: number, device: string): string =>
  `stdbuf -oL /usr/bin/dpdk-testpmd --lcores 0@${cpu},1@${cpu} --in-memory --single-file-segments -m ${memory} --no-pci --no-telemetry --iova-mode=va --file-prefix vdpactl-${device}`;
const application = (queues: number): string =>
  `-- --disable-link-check --auto-start --forward-mode=io --nb-cores=1 --rxq=${queues} --txq=${queues} --total-num-mbufs=16384 --stats-period=1`;

describe('the command line of testpmd', () => {
  it('for a memif wire', () => {
    expect(commandLine()).toBe(
      `${eal(2, 128, 'local0')} --vdev net_memif0,role=server,socket=/run/vdpactl/wires/local0.sock,socket-abstract=no,rsize=14 --vdev net_vhost0,iface=/run/vdpactl/dev/local0/vhost.sock,queues=1,client=1 ${application(1)}`,
    );
  });

  it('for an interface', () => {
    expect(
      commandLine({ wire: 'af_packet', interface: 'veth0', queues: 4, device: 'local3', cpu: 0, memoryMiB: 64 }),
    ).toBe(
      `${eal(0, 64, 'local3')} --vdev net_af_packet0,iface=veth0,qpairs=4,framecnt=4096,blocksz=65536 --vdev net_vhost0,iface=/run/vdpactl/dev/local3/vhost.sock,queues=4,client=1 ${application(4)}`,
    );
  });

  it('for no wire', () => {
    expect(commandLine({ wire: 'null', queues: 2 })).toBe(
      `${eal(2, 128, 'local0')} --vdev net_null0,size=64 --vdev net_vhost0,iface=/run/vdpactl/dev/local0/vhost.sock,queues=2,client=1 ${application(2)}`,
    );
  });
});

describe('the command line of testpmd for a NIC', () => {
  const nic = { wire: 'nic', device: '0000:01:10.0' } as const;

  it('allows this one device and gives it virtual addresses, which the IOMMU translates', () => {
    expect(commandLine(nic)).toBe(
      `stdbuf -oL /usr/bin/dpdk-testpmd --lcores 0@2,1@2 --in-memory --single-file-segments -m 128 --allow 0000:01:10.0 --no-telemetry --iova-mode=va --file-prefix vdpactl-0000:01:10.0 --vdev net_vhost0,iface=/run/vdpactl/dev/0000:01:10.0/vhost.sock,queues=1,client=1 ${application(1)}`,
    );
  });

  it('gives it physical addresses where there is no IOMMU', () => {
    expect(commandLine({ ...nic, noIommu: true })).toContain(' --iova-mode=pa ');
  });
});

describe('the spec of a backend', () => {
  it.each<[TestpmdOptions['wire'], string | null, string[], string | null]>([
    ['memif', null, ['/run/vdpactl/wires/local0.sock'], '/run/vdpactl/wires/local0.sock'],
    ['af_packet', 'veth0', [], 'veth0'],
    ['null', null, [], null],
    ['nic', null, [], 'local0'],
  ])('with wire %s is one that the supervisor reads as it was written', (wire, netdev, listensOn, at) => {
    const spec = testpmdBackend(dir, { ...options, wire, interface: netdev });
    expect(backendSpecSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    expect(spec).toMatchObject({
      device: 'local0',
      wire: { kind: wire, at },
      listensOn,
      mac: options.mac,
      queues: 1,
      queueSize: 1024,
      cpu: 2,
      memoryMiB: 128,
    });
  });
});
