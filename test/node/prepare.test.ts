// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FakeKernel, type FakeState, Refusal } from './fake-kernel.ts';
import { errorOf, memoryJournal, prepare, restore, stateOf } from './harness.ts';
import {
  device,
  machine,
  pfAddress,
  spareAddress,
  toUserSpace,
  uplinkAddress,
  vdpaOf,
  virtioAddress,
  virtualFunction,
} from './machines.ts';

const everything = () => [
  toUserSpace(spareAddress),
  virtualFunction(0, 2),
  virtualFunction(1, 2),
  vdpaOf(virtioAddress),
];

describe('prepare and restore', () => {
  it('does all that a decision needs, in order, and gives the very state back', async () => {
    const kernel = new FakeKernel(machine());
    const before = stateOf(kernel);
    const journal = memoryJournal();
    const { done } = await prepare(kernel, journal, everything());
    expect(done.map(({ text }) => text)).toEqual([
      'load the module vfio_pci',
      'load the module vfio_iommu_type1',
      'load the module vp_vdpa',
      'load the module vhost_vdpa',
      'set aside 1920 huge pages of 2048 KiB on NUMA node 0: 0 → 1920',
      'set aside 640 huge pages of 2048 KiB on NUMA node 1: 0 → 640',
      `make 2 virtual functions of ${pfAddress}`,
      `bind ${spareAddress}: e1000e → vfio-pci`,
      'bind 0000:01:10.0: no driver → vfio-pci',
      'bind 0000:01:10.2: no driver → vfio-pci',
      `bind ${virtioAddress}: virtio-pci → vp-vdpa`,
      `make the vDPA device vdpa-0000-00-04-0 of pci/${virtioAddress}`,
    ]);
    expect(kernel.state.devices[spareAddress]).toMatchObject({ driver: 'vfio-pci', override: 'vfio-pci' });
    expect(kernel.state.devices['0000:01:10.2']).toMatchObject({ driver: 'vfio-pci' });
    expect(kernel.state.devices[pfAddress]?.sriov).toMatchObject({ num: 2, autoprobe: '1' });
    expect(kernel.state.vdpa).toMatchObject({ 'vdpa-0000-00-04-0': { driver: 'vhost_vdpa' } });
    expect(kernel.state.pools).toMatchObject([{ total: 1920 }, { total: 640 }]);

    expect((await prepare(kernel, journal, everything())).plan.steps).toEqual([]);
    const { undone } = await restore(kernel, journal);
    expect(undone).toHaveLength(12);
    expect(stateOf(kernel)).toEqual(before);
    expect(journal.text()).toBeNull();
    expect(kernel.uplinkTouched).toEqual([]);
    expect((await restore(kernel, journal)).undone).toEqual([]);
  });

  it('says what the device files are called by now, and which device its group keeps from being used', async () => {
    const kernel = new FakeKernel(machine());
    const virtio = kernel.state.devices[virtioAddress];
    if (virtio !== undefined) virtio.group = 3;
    const { now, notes } = await prepare(kernel, memoryJournal(), [toUserSpace(spareAddress)]);
    expect(now?.devices).toEqual([
      {
        device: spareAddress,
        driver: 'vfio-pci',
        files: ['/dev/vfio/vfio', '/dev/vfio/3'].map((path) => ({ path, numberedByKernel: false })),
      },
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/^0000:00:03.0 cannot be used yet: it shares IOMMU group 3 with 0000:00:04.0/),
    ]);
  });

  it('shows no new interface while it makes virtual functions', async () => {
    const seen: string[] = [];
    const kernel = new FakeKernel(machine(), {
      afterChange(_what, { state }) {
        for (const { pf, interface: netdev } of Object.values(state.devices)) {
          if (pf !== null && netdev !== null) seen.push(netdev.name);
        }
      },
    });
    await prepare(kernel, memoryJournal(), [virtualFunction(0, 1)]);
    expect(seen).toEqual([]);
  });

  it('hands a vDPA device to vhost_vdpa also where virtio_vdpa was first', async () => {
    const kernel = new FakeKernel(machine({ virtioVdpaFirst: true }));
    const before = stateOf(kernel);
    const journal = memoryJournal();
    await prepare(kernel, journal, [vdpaOf(virtioAddress)]);
    expect(Object.values(kernel.state.vdpa)).toMatchObject([{ driver: 'vhost_vdpa' }]);
    await restore(kernel, journal);
    expect(stateOf(kernel)).toEqual(before);
  });

  it('raises no pool again for pages that the workloads have taken since', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress)]);
    const [pool] = kernel.state.pools;
    if (pool === undefined) throw new Error('no pool');
    for (const used of [0, 100, 640]) {
      pool.used = used;
      expect((await prepare(kernel, journal, [toUserSpace(spareAddress)])).plan.steps).toEqual([]);
    }
    pool.used = 0;
    await prepare(kernel, journal, [toUserSpace(spareAddress), virtualFunction(0, 1)]);
    expect(pool.total).toBe(1280);
    await restore(kernel, journal);
    expect(pool.total).toBe(0);
  });

  it('nor where nothing had to be set aside, because the machine has them since it was booted', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    const [pool] = kernel.state.pools;
    if (pool === undefined) throw new Error('no pool');
    pool.total = 640;
    for (const used of [0, 100, 640]) {
      pool.used = used;
      const { plan } = await prepare(kernel, journal, [toUserSpace(spareAddress)]);
      expect(plan.steps.filter(({ kind }) => kind === 'reserve-hugepages')).toEqual([]);
    }
    // For a device that comes then, as many as it needs itself.
    await prepare(kernel, journal, [toUserSpace(spareAddress), virtualFunction(0, 1)]);
    expect(pool.total).toBe(1280);
    await restore(kernel, journal);
    expect(pool.total).toBe(640);
  });

  it('switches the mode without an IOMMU on where the decision says so, and off again', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress, { noIommu: true, modules: ['vfio_pci'] })]);
    expect(kernel.state.noIommu).toBe('Y');
    await restore(kernel, journal);
    expect(kernel.state.noIommu).toBe('N');
  });

  it('drops the record of an earlier boot and says so', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, everything());
    const rebooted = new FakeKernel(machine({ bootId: 'boot-2' }));
    const before = stateOf(rebooted);
    const result = await restore(rebooted, journal);
    expect(result).toMatchObject({ undone: [], notes: [expect.stringMatching(/rebooted/)] });
    expect(stateOf(rebooted)).toEqual(before);
    expect(journal.text()).toBeNull();
  });
});

type Meddle = (state: FakeState) => void;

const becomesUplink: Meddle = ({ devices: { [spareAddress]: spare } }) => {
  if (spare !== undefined) spare.uplink = true;
};
const isUnplugged: Meddle = ({ devices }) => {
  delete devices[spareAddress];
};
const changesDriver: Meddle = ({ devices: { [spareAddress]: spare } }) => {
  if (spare !== undefined) spare.driver = null;
};
const vfsAppear: Meddle = ({ devices: { [pfAddress]: pf } }) => {
  if (pf?.sriov != null) pf.sriov.num = 1;
};
const pfBecomesUplink: Meddle = ({ devices: { [pfAddress]: pf } }) => {
  if (pf !== undefined) pf.uplink = true;
};

describe('what changes between plan and step', () => {
  it.each<[string, Meddle, string, RegExp]>([
    ['the device becomes an uplink', becomesUplink, 'VDPA-UPLINK-001', /is an uplink \(eth1 has an address\)/],
    ['the device is unplugged', isUnplugged, 'VDPA-NODE-001', /is gone/],
    ['the device is with another driver', changesDriver, 'VDPA-NODE-001', /with no driver by now; planned was e1000e/],
    ['its driver has virtual functions by now', vfsAppear, 'VDPA-NODE-001', /has 1 virtual functions by now/],
    ['the physical function becomes an uplink', pfBecomesUplink, 'VDPA-UPLINK-001', /is an uplink/],
  ])('%s: refused, and what was done is undone', async (_what, meddle, code, message) => {
    let changes = 0;
    const kernel = new FakeKernel(machine(), {
      // The modules are loaded, the huge pages about to be set aside.
      beforeChange: (_change, { state }) => {
        changes += 1;
        if (changes === 3) meddle(state);
      },
    });
    const changed = new FakeKernel(machine());
    meddle(changed.state);
    const journal = memoryJournal();
    const error = await errorOf(prepare(kernel, journal, [virtualFunction(0, 2), toUserSpace(spareAddress)]));
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(5);
    expect(error.message).toMatch(message);
    expect(error.details).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^step: /),
        expect.stringMatching(/^undone: give huge pages .* 1280 → 0$/),
        expect.stringMatching(/^undone: unload the modules vfio_pci, vfio_pci_core, vfio$/),
      ]),
    );
    expect(stateOf(kernel)).toEqual(stateOf(changed));
    expect(journal.text()).toBeNull();
    expect(kernel.uplinkTouched).toEqual([]);
  });
});

describe('what the kernel refuses', () => {
  const refusing = (pattern: RegExp, errno: string) =>
    new FakeKernel(machine(), {
      beforeChange(what) {
        if (pattern.test(what)) throw new Refusal(errno);
      },
    });

  it.each<[RegExp, string, string, RegExp]>([
    [
      /^write .*unbind 0000:00:03.0$/,
      'EBUSY',
      'VDPA-NODE-002',
      /bound to vfio-pci: the kernel says EBUSY \(the device is in use\)/,
    ],
    [/driver_override vfio-pci$/, 'ENOENT', 'VDPA-NODE-002', /ENOENT \(there is no such file/],
    [/driver_override vfio-pci$/, 'EROFS', 'VDPA-NODE-002', /EROFS \(sysfs is mounted read-only/],
    [/drivers_probe/, 'ENODEV', 'VDPA-NODE-002', /ENODEV \(the driver does not know the device/],
    [/sriov_numvfs [1-9]/, 'ENOSPC', 'VDPA-NODE-004', /virtual functions cannot be made: the kernel says ENOSPC/],
    [/sriov_numvfs [1-9]/, 'EINVAL', 'VDPA-NODE-004', /EINVAL/],
    [/nr_hugepages [1-9]/, 'EPERM', 'VDPA-HUGE-001', /EPERM \(only root on the node itself/],
    [/^modprobe vfio_iommu_type1/, 'ENOEXEC', 'VDPA-NODE-003', /vfio_iommu_type1 cannot be loaded/],
    [
      /^vdpa dev add/,
      'Operation not supported',
      'VDPA-NODE-004',
      /vDPA device .*: vdpa: ERROR: Operation not supported/,
    ],
    [/nothing is refused/, '', '', /^$/],
  ])('%s with %s: %s', async (pattern, errno, code, message) => {
    const kernel = refusing(pattern, errno);
    const before = stateOf(kernel);
    const journal = memoryJournal();
    if (code === '') {
      await prepare(kernel, journal, everything());
      return;
    }
    const error = await errorOf(prepare(kernel, journal, everything()));
    expect(error).toMatchObject({ code, exitCode: 5 });
    expect(error.message).toMatch(message);
    expect(stateOf(kernel)).toEqual(before);
    expect(journal.text()).toBeNull();
  });

  it('a module that is not there: modprobe says so, and nothing is done', async () => {
    const kernel = new FakeKernel(machine());
    delete kernel.state.modules['vfio_iommu_type1'];
    const error = await errorOf(prepare(kernel, memoryJournal(), [toUserSpace(spareAddress)]));
    expect(error.code).toBe('VDPA-NODE-003');
    expect(error.details.join('\n')).toMatch(/FATAL: Module vfio_iommu_type1 not found/);
    expect(kernel.state.loaded).not.toContain('vfio_pci');
  });

  it('a module that the configuration of modprobe keeps away', async () => {
    const kernel = new FakeKernel(machine(), {
      afterChange(what, { state }) {
        if (what === 'modprobe vfio_pci') state.loaded = state.loaded.filter((name) => name !== 'vfio_pci');
      },
    });
    const error = await errorOf(prepare(kernel, memoryJournal(), [toUserSpace(spareAddress)]));
    expect(error.code).toBe('VDPA-NODE-003');
    expect(error.details.join('\n')).toMatch(/see what \/etc\/modprobe.d says/);
    expect(kernel.state.loaded).not.toContain('vfio');
  });

  it('fewer huge pages than asked for: says how many there are, and gives them back', async () => {
    const kernel = new FakeKernel(machine({ pools: [{ most: 100, total: 10, used: 0 }] }));
    const error = await errorOf(prepare(kernel, memoryJournal(), [toUserSpace(spareAddress)]));
    expect(error.code).toBe('VDPA-HUGE-001');
    expect(error.message).toMatch(/of 630 huge pages of 2048 KiB the kernel had 90 to give on NUMA node 0/);
    expect(kernel.state.pools).toMatchObject([{ total: 10 }]);
  });

  it('a driver that does not take the device', async () => {
    const state = machine();
    const kernel = new FakeKernel(state, {
      afterChange(what) {
        const spare = state.devices[spareAddress];
        if (what.startsWith('write sys/bus/pci/drivers_probe') && spare !== undefined) spare.driver = null;
      },
    });
    const before = stateOf(kernel);
    const error = await errorOf(prepare(kernel, memoryJournal(), [toUserSpace(spareAddress)]));
    expect(error.message).toMatch(/it cannot be bound to vfio-pci: the driver did not take it/);
    expect(stateOf(kernel)).toEqual(before);
  });

  it('VFIO without the mode for machines that have no IOMMU', async () => {
    const kernel = new FakeKernel(machine());
    kernel.state.modules['vfio'] = [];
    const error = await errorOf(
      prepare(kernel, memoryJournal(), [toUserSpace(spareAddress, { noIommu: true, modules: ['vdpa'] })]),
    );
    expect(error).toMatchObject({ code: 'VDPA-NODE-003', message: expect.stringMatching(/built without that mode/) });
  });
});

describe('what restore leaves, and says so', () => {
  it('a device in use, and what it stands on; the rest goes back, and the next run does what is left', async () => {
    const kernel = new FakeKernel(machine());
    const before = stateOf(kernel);
    const journal = memoryJournal();
    await prepare(kernel, journal, everything());
    kernel.state.open.push('dev/vfio/105');
    const error = await errorOf(restore(kernel, journal));
    expect(error).toMatchObject({ code: 'VDPA-NODE-005', exitCode: 5 });
    expect(error.details.join('\n')).toMatch(/0000:01:10.0 is in use by dpdk-testpmd \(process 4711\)/);
    expect(error.details.join('\n')).toMatch(
      /remove the virtual functions .*: not before 0000:01:10.0 can be put back/,
    );
    expect(kernel.state.devices[spareAddress]).toMatchObject({ driver: 'e1000e' });
    expect(kernel.state.devices['0000:01:10.0']).toMatchObject({ driver: 'vfio-pci' });
    expect(kernel.state.loaded).toContain('vfio_pci');
    kernel.state.open = [];
    await restore(kernel, journal);
    expect(stateOf(kernel)).toEqual(before);
  });

  it('a vDPA device in use', async () => {
    const kernel = new FakeKernel(machine());
    const before = stateOf(kernel);
    const journal = memoryJournal();
    await prepare(kernel, journal, [vdpaOf(virtioAddress)]);
    kernel.state.open.push('dev/vhost-vdpa-0');
    expect((await errorOf(restore(kernel, journal))).details).toHaveLength(4);
    expect(Object.keys(kernel.state.vdpa)).toHaveLength(1);
    kernel.state.open = [];
    await restore(kernel, journal);
    expect(stateOf(kernel)).toEqual(before);
  });

  it('huge pages in use', async () => {
    const kernel = new FakeKernel(machine());
    const before = stateOf(kernel);
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress)]);
    const [pool] = kernel.state.pools;
    if (pool === undefined) throw new Error('no pool');
    pool.used = 100;
    const error = await errorOf(restore(kernel, journal));
    expect(error.details).toEqual([expect.stringMatching(/640 → 0: 100 of the huge pages are in use/)]);
    expect(pool.total).toBe(100);
    pool.used = 0;
    await restore(kernel, journal);
    expect(stateOf(kernel)).toEqual(before);
  });

  it('a device that has become an uplink', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, [vdpaOf(virtioAddress)]);
    const virtio = kernel.state.devices[virtioAddress];
    if (virtio === undefined) throw new Error('no device');
    virtio.uplink = true;
    const error = await errorOf(restore(kernel, journal));
    expect(error.details.join('\n')).toMatch(/is an uplink by now/);
    expect(virtio.driver).toBe('vp-vdpa');
    expect(kernel.uplinkTouched).toEqual([]);
    virtio.uplink = false;
    await restore(kernel, journal);
    expect(virtio.driver).toBe('virtio-pci');
  });

  it.each<[string, (state: FakeState) => void, RegExp]>([
    [
      'a device that somebody bound elsewhere',
      ({ devices: { [spareAddress]: spare } }) => spare !== undefined && Object.assign(spare, { driver: 'igb' }),
      /somebody else bound 0000:00:03.0 to igb since: it stays/,
    ],
    ['a device that is gone', ({ devices }) => delete devices[spareAddress], /0000:00:03.0 is not there any more/],
    [
      'another card at its address',
      ({ devices }) => Object.assign(devices, { [spareAddress]: device({ ids: '15b3:101d', driver: null }) }),
      /0000:00:03.0 is not there any more/,
    ],
    [
      'a pool that somebody raised further',
      ({ pools: [pool] }) => pool !== undefined && Object.assign(pool, { total: 3000 }),
      /somebody else raised the pool from 640 to 3000/,
    ],
    [
      'a module that something else uses by now',
      ({ loaded, modules }) => {
        modules['vfio_mdev'] = ['vfio'];
        loaded.push('vfio_mdev');
      },
      /still there, which does no harm: vfio \(used by vfio_mdev\)/,
    ],
  ])('%s', async (_what, meddle, note) => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress)]);
    meddle(kernel.state);
    const { undone } = await restore(kernel, journal);
    expect(undone.flatMap(({ notes }) => notes).join('\n')).toMatch(note);
    expect(journal.text()).toBeNull();
  });

  it('a device that becomes an uplink between two settings of its interface', async () => {
    const kernel = new FakeKernel(machine(), {
      afterChange(what, { state }) {
        const spare = state.devices[spareAddress];
        if (/^ip link set dev eth1 mtu/.test(what) && spare !== undefined) spare.uplink = true;
      },
    });
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress)]);
    await restore(kernel, journal);
    expect(kernel.state.devices[spareAddress]).toMatchObject({ uplink: true, interface: { mtu: 9000, up: false } });
    expect(kernel.uplinkTouched).toEqual([]);
  });

  it('an interface under another name: it is set up again, and the name told', async () => {
    const kernel = new FakeKernel(machine());
    const journal = memoryJournal();
    await prepare(kernel, journal, [toUserSpace(spareAddress)]);
    const spare = kernel.state.devices[spareAddress];
    if (spare === undefined) throw new Error('no device');
    spare.interfaceName = 'enp0s3';
    const { undone } = await restore(kernel, journal);
    expect(undone[0]?.notes).toEqual(['its interface is called enp0s3 now; it was eth1']);
    expect(spare.interface).toEqual({ name: 'enp0s3', up: true, mtu: 9000 });
  });
});

it('plans nothing for an uplink, even for a decision that names one', async () => {
  const kernel = new FakeKernel(machine());
  const error = await errorOf(prepare(kernel, memoryJournal(), [toUserSpace(uplinkAddress)]));
  expect(error.code).toBe('VDPA-UPLINK-001');
});
