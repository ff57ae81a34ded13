// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, join } from 'node:path';
import { parseJson } from '../../src/files/json-file.ts';
import { isOfAnotherVersion } from '../../src/files/why-unread.ts';
import { readTextFile } from '../../src/files/write-atomic.ts';
import { type Attachment, attachmentsFileSchema } from '../contract/attachment.ts';
import { isDeviceId } from '../contract/device-id.ts';
import { interfaceNamePattern } from '../contract/run-dir.ts';
import type { DeviceLinks } from './device-links.ts';

export const recordName = 'attachments.json';

/** What a workload has, by its own file. */
export interface WorkloadFile {
  readonly attachments: Attachment[];
  /** Another version wrote it: of what it has only devices and interfaces are known, by the links, and no more is needed. */
  readonly isForeign: boolean;
}

export function readWorkloadFile(folder: string, links: DeviceLinks): WorkloadFile {
  const text = readTextFile(join(folder, recordName));
  const file = parseJson(text, attachmentsFileSchema);
  if (file !== null) {
    return { attachments: file.workload === basename(folder) ? file.attachments : [], isForeign: false };
  }
  if (text === null || !isOfAnotherVersion(text)) return { attachments: [], isForeign: false };
  return { attachments: links.all().flatMap((link) => linked(folder, link)), isForeign: true };
}

function linked(folder: string, { device, home }: { device: string; home: string }): Attachment[] {
  const name = basename(home);
  if (dirname(home) !== folder || !interfaceNamePattern.test(name) || !isDeviceId(device)) return [];
  const socket = { mode: 'server' as const, path: join(home, 'vhost.sock') };
  return [
    {
      ...{ device, interface: name, mac: null, queues: 1, queueSize: 256, ips: [] },
      'device-info': { type: 'vhost-user', version: '1.1.0', 'vhost-user': socket },
    },
  ];
}
