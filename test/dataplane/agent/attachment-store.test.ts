// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AttachmentStore } from '../../../dataplane/agent/attachment-store.ts';
import { attachmentsFileSchema } from '../../../dataplane/contract/attachment.ts';
import { deviceSocket, type RunDir, runDir, workloadDir } from '../../../dataplane/contract/run-dir.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { backendSpec, kernelSpec, madeRunDir } from '../../fixtures/backend-spec.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { tinyDisk } from '../../fixtures/tiny-disk.ts';

const { folder } = scratch();
let dir: RunDir;
let store: AttachmentStore;

beforeEach(() => {
  dir = madeRunDir(folder());
  store = new AttachmentStore(dir);
});

const attach = (workload: string, device: string, name = 'net1') => store.attach(workload, name, backendSpec(device));
const linkOf = (device: string): string => join(dir.devices, device);
const pathIn = (workload: string, ...names: string[]): string => join(workloadDir(dir, workload), ...names);
const read = (path: string): string => readFileSync(path, 'utf8');
const held = () => store.all().map((each) => `${each.device} ${each.workload} ${each.interface}`);

/** All that is there, as paths, links with where they lead. */
function tree(at: string, prefix = ''): string[] {
  return readdirSync(at, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(prefix, entry.name);
      if (entry.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(at, entry.name)).replace(dir.root, '')}`];
      return entry.isDirectory() ? [`${path}/`, ...tree(join(at, entry.name), path)] : [path];
    })
    .sort();
}
const state = () => [...tree(dir.workloads), ...tree(dir.devices)];

describe('attach', () => {
  it('of a device of the kernel says what to open, in the words of device-info-spec', () => {
    store.attach('app', 'net1', kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-3', vdpa: 'vdpa7' }));
    const file = attachmentsFileSchema.parse(JSON.parse(read(pathIn('app', 'attachments.json'))));
    expect(file.attachments).toEqual([
      expect.objectContaining({
        mac: null,
        'device-info': {
          type: 'vdpa',
          version: '1.1.0',
          vdpa: {
            'parent-device': 'vdpa7',
            driver: 'vhost',
            path: '/dev/vhost-vdpa-3',
            'pci-address': '0000:65:00.2',
          },
        },
      }),
    ]);
    expect(read(pathIn('app', 'eal.args'))).toContain('path=/dev/vhost-vdpa-3,queues=1');
    expect(store.detach('app', null)).toEqual(['0000:65:00.2']);
    expect(state()).toEqual([]);
  });

  it('makes what the workload reads, and the link through which the backend finds its socket', () => {
    const attachment = attach('app', 'local0');
    expect(state()).toEqual([
      'app/',
      'app/attachments.json',
      'app/eal.args',
      'app/net1/',
      'local0 -> /workloads/app/net1',
    ]);
    const socket = pathIn('app', 'net1', 'vhost.sock');
    writeFileSync(socket, 'the workload listens');
    expect(read(deviceSocket(dir, 'local0'))).toBe('the workload listens');
    expect(read(pathIn('app', 'eal.args'))).toBe(
      [
        `--vdev=net_virtio_user0,path=${socket},server=1,mac=02:00:00:00:00:01,queues=1,queue_size=256`,
        '--no-pci',
        '--in-memory',
        '--single-file-segments',
        '--iova-mode=va',
        '',
      ].join('\n'),
    );
    expect(attachmentsFileSchema.parse(JSON.parse(read(pathIn('app', 'attachments.json'))))).toEqual({
      schemaVersion: 'vdpactl/v1',
      workload: 'app',
      attachments: [
        {
          device: 'local0',
          interface: 'net1',
          mac: '02:00:00:00:00:01',
          queues: 1,
          queueSize: 256,
          ips: [],
          'device-info': { type: 'vhost-user', version: '1.1.0', 'vhost-user': { mode: 'server', path: socket } },
        },
      ],
    });
    expect(store.all()).toEqual([attachment]);
    expect(new AttachmentStore(dir).all()).toEqual([attachment]);
  });

  it('adds a second device beside the first', () => {
    attach('app', 'local0');
    attach('app', '0000:03:00.0', 'net2');
    expect(held()).toEqual(['local0 app net1', '0000:03:00.0 app net2']);
    const [first = '', second = ''] = read(pathIn('app', 'eal.args')).split('\n');
    expect(first).toContain(`net_virtio_user0,path=${pathIn('app', 'net1')}/`);
    expect(second).toContain(`net_virtio_user1,path=${pathIn('app', 'net2')}/`);
    expect(readlinkSync(linkOf('0000:03:00.0'))).toBe(pathIn('app', 'net2'));
  });

  it('takes over a link that was left, and leaves no second link to the same folder', () => {
    symlinkSync('/nowhere', linkOf('local0'));
    mkdirSync(join(linkOf('local1'), 'something'), { recursive: true });
    symlinkSync(pathIn('app', 'net1'), linkOf('local2'));
    attach('app', 'local0');
    attach('db', 'local1');
    expect(tree(dir.devices)).toEqual(['local0 -> /workloads/app/net1', 'local1 -> /workloads/db/net1']);
  });

  it('leaves nothing behind when it fails', () => {
    writeFileSync(join(dir.workloads, 'app'), 'a file is in the way');
    expect(() => attach('app', 'local0')).toThrow();
    rmSync(join(dir.workloads, 'app'), { force: true });
    attach('app', 'local0');
    const before = state();
    rmSync(dir.devices, { recursive: true });
    writeFileSync(dir.devices, 'no folder for links');
    expect(() => attach('app', 'local1', 'net2')).toThrow();
    expect(() => attach('db', 'local1')).toThrow();
    rmSync(dir.devices);
    store.sweep();
    expect(state()).toEqual(before);
    expect(held()).toEqual(['local0 app net1']);
  });

  it('says so on a full disk, and leaves nothing behind', (test) => {
    const disk = tinyDisk(12 * 4096);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      dir = runDir(disk.folder);
      store = new AttachmentStore(dir);
      attach('app', 'local0');
      const before = state();
      expect(() => writeFileSync(join(disk.folder, 'ballast'), Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
      expect(() => attach('app', 'local1', 'net2')).toThrow(VdpaError);
      expect(() => attach('db', 'local1')).toThrow(VdpaError);
      rmSync(join(disk.folder, 'ballast'));
      store.sweep();
      expect(state()).toEqual(before);
    } finally {
      disk.remove();
    }
  });
});

describe('detach', () => {
  it('takes back one device and leaves the other as it is', () => {
    attach('app', 'local0');
    attach('app', 'local1', 'net2');
    writeFileSync(pathIn('app', 'net1', 'vhost.sock'), '');
    expect(store.detach('app', 'local0')).toEqual(['local0']);
    expect(state()).toEqual([
      'app/',
      'app/attachments.json',
      'app/eal.args',
      'app/net2/',
      'local1 -> /workloads/app/net2',
    ]);
    expect(read(pathIn('app', 'eal.args'))).toContain('net_virtio_user0');
    expect(store.detach('app', null)).toEqual(['local1']);
    expect(state()).toEqual([]);
  });

  it('succeeds for what is not attached', () => {
    expect(store.detach('app', null)).toEqual([]);
    expect(store.detach('app', 'local0')).toEqual([]);
    attach('app', 'local0');
    const before = state();
    expect(store.detach('app', 'local1')).toEqual([]);
    expect(store.detach('db', null)).toEqual([]);
    expect(state()).toEqual(before);
    expect(store.detach('app', 'local0')).toEqual(['local0']);
    expect(store.detach('app', 'local0')).toEqual([]);
  });

  it('removes what a workload put there, and follows none of its links', () => {
    const victim = join(folder(), 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), '');
    attach('app', 'local0');
    attach('app', 'local1', 'net2');
    rmSync(pathIn('app', 'net1'), { recursive: true });
    symlinkSync(victim, pathIn('app', 'net1'));
    symlinkSync(victim, pathIn('app', 'link'));
    expect(store.detach('app', 'local0')).toEqual(['local0']);
    expect(store.detach('app', null)).toEqual(['local1']);
    expect(state()).toEqual([]);
    expect(readdirSync(victim)).toEqual(['file']);
  });

  it.each(['..', '../..', '../../victim', '/', '.', 'net1/../../..'])(
    'removes nothing for a record that names %j',
    (name) => {
      const victim = join(dir.root, 'victim');
      mkdirSync(victim);
      attach('app', 'local0');
      const record = read(pathIn('app', 'attachments.json'));
      writeFileSync(
        pathIn('app', 'attachments.json'),
        record.replace('"interface": "net1"', `"interface": ${JSON.stringify(name)}`),
      );
      attach('db', 'local1');
      expect(store.detach('app', null)).toEqual([]);
      store.sweep();
      expect(existsSync(victim)).toBe(true);
      expect(held()).toEqual(['local1 db net1']);
    },
  );
});

describe('sweep', () => {
  it('changes nothing that is whole', () => {
    attach('app', 'local0');
    attach('app', 'local1', 'net2');
    writeFileSync(pathIn('app', 'net1', 'vhost.sock'), '');
    writeFileSync(pathIn('app', 'own-file'), '');
    const before = [state(), lstatSync(pathIn('app', 'eal.args')).ino, lstatSync(linkOf('local0')).ino];
    store.sweep();
    expect([state(), lstatSync(pathIn('app', 'eal.args')).ino, lstatSync(linkOf('local0')).ino]).toEqual(before);
  });

  it.each<[string, () => void]>([
    ['a folder without a record', () => mkdirSync(pathIn('db', 'net1'), { recursive: true })],
    ['a workload whose record was not written', () => rmSync(pathIn('victim', 'attachments.json'))],
    ['a link that leads nowhere', () => symlinkSync('/nowhere', linkOf('local9'))],
    ['a missing link', () => rmSync(linkOf('local0'))],
    [
      'a link of another',
      () => {
        rmSync(linkOf('local0'));
        symlinkSync(pathIn('victim', 'net1'), linkOf('local0'));
      },
    ],
    ['an interface without a record', () => mkdirSync(pathIn('app', 'net2'))],
    ['an interface that is gone', () => rmSync(pathIn('app', 'net1'), { recursive: true })],
    [
      'arguments that are ahead of the record',
      () => writeFileSync(pathIn('app', 'eal.args'), '--vdev=more\n', { flag: 'a' }),
    ],
    ['arguments that are gone', () => rmSync(pathIn('app', 'eal.args'))],
    ['a file that was being written', () => writeFileSync(pathIn('app', 'eal.args.4711.tmp'), '--vd')],
    ['a damaged record', () => writeFileSync(pathIn('victim', 'attachments.json'), '{"schemaVersion":"vdpactl/v1",')],
    [
      'a record of another version',
      () => writeFileSync(pathIn('victim', 'attachments.json'), '{"schemaVersion":"vdpactl/v0"}'),
    ],
    [
      'a record of another workload',
      () => writeFileSync(pathIn('victim', 'attachments.json'), read(pathIn('app', 'attachments.json'))),
    ],
  ])('mends %s', (_what, damage) => {
    attach('app', 'local0');
    const whole = state();
    const args = read(pathIn('app', 'eal.args'));
    attach('victim', 'local1');
    damage();
    store.sweep();
    store.detach('victim', null);
    expect(state()).toEqual(whole);
    expect(held()).toEqual(['local0 app net1']);
    expect(read(pathIn('app', 'eal.args'))).toBe(args);
  });

  it('leaves a device with its holder when another workload claims it in its own file', () => {
    attach('zeta', 'local0');
    attach('alpha', 'local1');
    for (const claimant of ['alpha']) {
      const record = read(pathIn(claimant, 'attachments.json'));
      writeFileSync(pathIn(claimant, 'attachments.json'), record.replace('"local1"', '"local0"'));
    }
    expect(held()).toEqual(['local0 zeta net1']);
    store.sweep();
    expect(tree(dir.devices)).toEqual(['local0 -> /workloads/zeta/net1']);
  });

  it('never throws, and never leaves a device with two holders, whatever the records hold', () => {
    const mutation = fc.record({ at: fc.nat(400), put: fc.string({ maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 4 }), (mutations) => {
        store.detach('app', null);
        store.detach('db', null);
        attach('app', 'local0');
        attach('db', 'local1');
        let record = read(pathIn('app', 'attachments.json'));
        for (const { at, put } of mutations) record = record.slice(0, at) + put + record.slice(at + put.length);
        writeFileSync(pathIn('app', 'attachments.json'), record);
        store.sweep();
        const devices = store.all().map((each) => each.device);
        expect(new Set(devices).size).toBe(devices.length);
        expect(readdirSync(dir.devices).sort()).toEqual(devices.sort());
        expect(held()).toContain('local1 db net1');
      }),
      { numRuns: 50 },
    );
  });
});

describe('what another version wrote', () => {
  const later = JSON.stringify({ schemaVersion: 'vdpactl/v2', workload: 'app', devices: ['local0', 'local1'] });

  beforeEach(() => {
    attach('app', 'local0');
    attach('app', 'local1', 'net2');
    attach('db', 'local2');
    writeFileSync(pathIn('app', 'attachments.json'), later);
    writeFileSync(pathIn('app', 'eal.args'), 'as the other version has it');
    writeFileSync(pathIn('app', 'net1', 'vhost.sock'), 'a workload listens');
  });

  it('is held by its links, and left as it is by the sweep of the next agent', () => {
    const before = state();
    store = new AttachmentStore(dir);
    store.sweep();
    expect(held()).toEqual(['local0 app net1', 'local1 app net2', 'local2 db net1']);
    expect(state()).toEqual(before);
    expect(read(pathIn('app', 'attachments.json'))).toBe(later);
    expect(read(pathIn('app', 'eal.args'))).toBe('as the other version has it');
  });

  it.each([null, 'local0'])('is taken back as a whole, whichever is named: %j', (device) => {
    expect(store.detach('app', device)).toEqual(['local0', 'local1']);
    expect(held()).toEqual(['local2 db net1']);
    expect(state().filter((path) => path.includes('app'))).toEqual([]);
  });

  it('holds nothing that is not linked to its workload, whatever it says', () => {
    const all = {
      schemaVersion: 'vdpactl/v2',
      workload: 'db',
      attachments: [{ device: 'local2' }, { device: 'local9' }],
    };
    writeFileSync(pathIn('app', 'attachments.json'), JSON.stringify(all));
    rmSync(linkOf('local1'));
    expect(held()).toEqual(['local0 app net1', 'local2 db net1']);
  });
});
