// SPDX-License-Identifier: Apache-2.0
import type { CleanWork } from './clean-work.ts';
import { hostPlaces, multusPlaces } from './host-places.ts';
import { isBelow } from './mount-info.ts';
import { removeTree } from './remove-tree.ts';

const { config, kubeconfig, binaries, socket, folders, emptyFolders } = multusPlaces;

/**
 * Removes a Multus that the stack has installed: first the configuration, by which each new pod would go to it, then what that
 * needs. From then on pods go to the network that was there before.
 */
export async function cleanMultus(work: CleanWork): Promise<void> {
  const { files, system, record } = work;
  const at = files.locate(socket);
  if (at !== null && files.stat(socket)?.isSocket() === true && (await system.listens(at))) {
    record.leave(config, `Multus still runs: it listens on ${socket}`);
    return;
  }
  if (files.stat(config) !== null) {
    if (isMultus(files.read(config))) record.removeFile(config);
    else record.keep(config, 'it is no configuration of Multus');
  }
  if (files.stat(kubeconfig)?.isFile() === true) record.removeFile(kubeconfig);
  for (const name of binaries) cleanBinary(work, name);
  for (const folder of folders) cleanFolder(work, folder);
  for (const folder of emptyFolders) record.removeEmptyFolder(folder);
}

function cleanBinary({ files, record }: CleanWork, name: string): void {
  const path = `${hostPlaces.cniBinaries}/${name}`;
  if (files.stat(path)?.isFile() !== true) return;
  const user = files
    .list(hostPlaces.cniConfig)
    .map((file) => `${hostPlaces.cniConfig}/${file}`)
    // In a dry run the configuration of Multus is still there.
    .find((file) => file !== config && files.read(file)?.includes(`"${name}"`) === true);
  if (user === undefined) record.removeFile(path);
  else record.keep(path, `${user} needs it`);
}

function cleanFolder({ files, system, record }: CleanWork, folder: string): void {
  const at = files.locate(folder);
  const stats = files.stat(folder);
  if (at === null || stats === null) return;
  if (!stats.isDirectory()) {
    record.keep(folder, 'it is no folder');
    return;
  }
  if (system.mounts().some(({ point }) => point === at || isBelow(point, at))) {
    record.leave(folder, 'something is mounted there');
    return;
  }
  record.attempt(folder, () => {
    for (const { path, why } of removeTree(at, new Set())) record.leave(`${folder}/${path}`, why);
  });
}

function isMultus(text: string | null): boolean {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const type = typeof parsed === 'object' && parsed !== null && 'type' in parsed ? parsed.type : null;
    return type === 'multus-shim' || type === 'multus';
  } catch {
    return false;
  }
}
