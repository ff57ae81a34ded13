// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import type { Attachment } from '../../contract/attachment.ts';
import { type BackendSpec, hasProcess } from '../../contract/backend-spec.ts';
import { socketInPod } from '../../contract/pod-paths.ts';
import { ensureFolder, type Files, putFile, temporaryName, unlinkIfThere } from './files.ts';

/** A device as its pod sees it, in the words of device-info-spec 1.1.0. */
export function deviceInfoOf(spec: BackendSpec, interfaceName: string): Attachment['device-info'] {
  if (hasProcess(spec)) {
    // The role of the workload, which makes the socket.
    const side = { mode: 'server' as const, path: socketInPod(interfaceName) };
    return { type: 'vhost-user', version: '1.1.0', 'vhost-user': side };
  }
  const pci = spec.device.includes(':') ? { 'pci-address': spec.device } : {};
  const vdpa = { 'parent-device': spec.vdpa, driver: 'vhost' as const, path: spec.path, ...pci };
  return { type: 'vdpa', version: '1.1.0', vdpa };
}

/** Writes what Multus reads after an ADD. What it put there before, a copy of the device plugin's word, is replaced. */
export function putDeviceInfo(files: Files, path: string, info: Attachment['device-info']): void {
  ensureFolder(files, dirname(path), 0o755);
  putFile(files, dirname(path), basename(path), `${JSON.stringify(info)}\n`, 0o444);
}

export function removeDeviceInfo(files: Files, path: string): void {
  for (const name of [temporaryName(basename(path)), basename(path)]) unlinkIfThere(files, `${dirname(path)}/${name}`);
}
