// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from '../../../../dataplane/agent/node-specs/fingerprint.ts';
import { scratch } from '../../../fixtures/scratch.ts';

const { folder } = scratch();
let config: string;
const at = (...path: string[]) => join(folder(), ...path);
const device = (address: string, driver: string | null) => {
  mkdirSync(at('sys/bus/pci/devices', address), { recursive: true });
  if (driver !== null) symlinkSync(`/sys/bus/pci/drivers/${driver}`, at('sys/bus/pci/devices', address, 'driver'));
};
const look = () => fingerprint(config, folder());

beforeEach(() => {
  config = at('vdpactl.yaml');
  writeFileSync(config, 'a');
  for (const path of ['sys/bus/pci/devices', 'sys/bus/vdpa/devices', 'dev']) mkdirSync(at(path), { recursive: true });
  device('0000:00:03.0', 'virtio-pci');
});

describe('the fingerprint of a node', () => {
  it('is the same as long as nothing changes', () => {
    expect(look()).toBe(look());
  });

  it.each<[string, () => void]>([
    ['a device comes', () => device('0000:65:00.2', null)],
    ['a device goes', () => rmSync(at('sys/bus/pci/devices/0000:00:03.0'), { recursive: true })],
    [
      'a device is bound to another driver',
      () => {
        rmSync(at('sys/bus/pci/devices/0000:00:03.0/driver'));
        symlinkSync('/sys/bus/pci/drivers/vfio-pci', at('sys/bus/pci/devices/0000:00:03.0/driver'));
      },
    ],
    ['a vDPA device comes', () => mkdirSync(at('sys/bus/vdpa/devices/vdpa0'))],
    ['a VDUSE program makes a device', () => mkdirSync(at('sys/class/vduse/vd0'), { recursive: true })],
    ['a character device comes', () => writeFileSync(at('dev/vhost-vdpa-0'), '')],
    ['the config is written', () => writeFileSync(config, 'ab')],
    [
      'the config is replaced',
      () => {
        writeFileSync(`${config}.new`, 'b');
        renameSync(`${config}.new`, config);
      },
    ],
    ['the config goes', () => rmSync(config)],
  ])('is another when %s', (_what, change) => {
    const before = look();
    change();
    expect(look()).not.toBe(before);
  });

  it('does not mind what is no device', () => {
    const before = look();
    writeFileSync(at('dev/null'), '');
    expect(look()).toBe(before);
  });

  it('can be taken where nothing is', () => {
    expect(fingerprint('/nowhere/vdpactl.yaml', '/nowhere')).toBe('no config');
  });
});
