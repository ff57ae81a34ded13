// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { CleanWork } from './clean-work.ts';
import { hostPlaces, resource } from './host-places.ts';
import { sourceOf } from './mount-info.ts';
import { isMountedElsewhere } from './mount-users.ts';

const { deviceInfo, deviceInfoOfCni, deviceInfoOfPlugins, devicePlugins } = hostPlaces;

/** As far as it tells whose it is: of the stack's attachments the socket is where a workload sees it. */
const attachmentSchema = z.object({
  type: z.literal('vhost-user'),
  'vhost-user': z.object({ path: z.string().regex(/^(?:\/var)?\/run\/vdpa\//) }),
});

/**
 * Removes the sockets that the device plugin of our resource listened on, and the files in which it described its devices.
 * Both have the name of the resource, which is nobody else's.
 */
export async function cleanDevicePlugin({ files, system, record }: CleanWork): Promise<void> {
  const socketName = `${resource.prefix}_${resource.name}.sock`;
  let listening: string | null = null;
  for (const socket of devicePlugins.map((folder) => `${folder}/${socketName}`)) {
    const at = files.locate(socket);
    if (at === null || files.stat(socket)?.isSocket() !== true) continue;
    if (await system.listens(at)) {
      listening ??= `a device plugin still listens on ${socket}`;
      record.leave(socket, 'a device plugin still listens on it');
    } else record.removeFile(socket);
  }
  const begin = `${resource.prefix}-${resource.name}-`;
  for (const name of files.list(deviceInfoOfPlugins)) {
    if (!name.startsWith(begin) || !name.endsWith('-device.json')) continue;
    const path = `${deviceInfoOfPlugins}/${name}`;
    if (listening === null) record.removeFile(path);
    else record.leave(path, listening);
  }
}

/** Removes what describes attachments to pods. `needed`: why it must stay. */
export function cleanAttachmentInfo({ files, record }: CleanWork, needed: string | null): void {
  for (const name of files.list(deviceInfoOfCni)) {
    const path = `${deviceInfoOfCni}/${name}`;
    if (!isOurs(files.read(path))) continue;
    if (needed === null) record.removeFile(path);
    else record.leave(path, needed);
  }
}

function isOurs(text: string | null): boolean {
  try {
    return text !== null && attachmentSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Removes the folders of such files, from the inner to the outer, where nothing is in them and no container has them. */
export function cleanDeviceInfoFolders({ files, system, record }: CleanWork): void {
  const others = system.containerMounts();
  for (const folder of [deviceInfoOfPlugins, deviceInfoOfCni, `${deviceInfo}/devinfo`, deviceInfo]) {
    const at = files.locate(folder);
    if (at === null) continue;
    const source = sourceOf(at, system.mounts());
    // What a container writes into a folder that is gone, nobody would find.
    if (source !== null && isMountedElsewhere(source, others)) return;
    record.removeEmptyFolder(folder);
  }
}
