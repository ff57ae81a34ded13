// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where devices come and go. Of a VDUSE device a vDPA device is made once it is there. */
const buses = ['sys/bus/pci/devices', 'sys/bus/vdpa/devices', 'sys/class/vduse'];

/**
 * Changes when a device comes, goes or is bound anew, or when the config file is another one. Looking costs less than a
 * millisecond; sysfs tells nobody by inotify that something in it has changed.
 */
export function fingerprint(configFile: string, root = '/'): string {
  const devices = buses.flatMap((bus) =>
    list(join(root, bus)).map((name) => `${name} ${linkName(join(root, bus, name, 'driver'))}`),
  );
  const characterDevices = list(join(root, 'dev')).filter((name) => name.startsWith('vhost-vdpa-'));
  return [...devices, ...characterDevices, versionOf(configFile)].join('\n');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function linkName(path: string): string {
  try {
    return basename(readlinkSync(path));
  } catch {
    return '-';
  }
}

function versionOf(file: string): string {
  try {
    const { dev, ino, mtimeMs, size } = statSync(file);
    return [dev, ino, mtimeMs, size].join(' ');
  } catch {
    return 'no config';
  }
}
