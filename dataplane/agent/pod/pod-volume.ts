// SPDX-License-Identifier: Apache-2.0
import { ealArguments } from '../../../src/backends/virtio-user.ts';
import { errnoOf, messageOf } from '../../../src/errors/vdpa-error.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import type { Attachment } from '../../contract/attachment.ts';
import {
  argumentsFileName,
  attachmentsFileName,
  type PodAttachmentsFile,
  type PodPaths,
  podVdpaDir,
  podVolume,
  podVolumeName,
  socketName,
} from '../../contract/pod-paths.ts';
import { CniError, cniCodes } from '../cni/cni-error.ts';
import { type Files, folderPath, ignoring, isThere, openFolder, putFile, temporaryName } from './files.ts';
import { removeTree } from './remove-tree.ts';

/**
 * The volume of a pod, held open. The pod may write to it and change any name in it at any moment, so nothing here goes by
 * a path that a name of the pod's is a part of and not the last, and the last is never followed.
 */
export class PodVolume {
  readonly #files: Files;
  readonly #fd: number;
  readonly #pod: string;

  private constructor(files: Files, fd: number, pod: string) {
    this.#files = files;
    this.#fd = fd;
    this.#pod = pod;
  }

  /** null where the pod has none, or none any more. Only kubelet can write to the folders that the volume is in. */
  static open(files: Files, paths: PodPaths, pod: string): PodVolume | null {
    const fd = ignoring(['ENOENT', 'ENOTDIR', 'ELOOP'], () => openFolder(files, podVolume(paths, pod)));
    return fd === null ? null : new PodVolume(files, fd, pod);
  }

  /** The group that the pod's `fsGroup` says; 0 where there is none. */
  get group(): number {
    return this.#files.fstatSync(this.#fd).gid;
  }

  close(): void {
    this.#files.closeSync(this.#fd);
  }

  /**
   * Makes the folder of an interface and opens it. Who may write to the volume may make a socket there: its group, which
   * is the pod's `fsGroup`, or where there is none whoever runs in the pod. Nobody else gets as far as here.
   */
  makeFolder(name: string): number {
    const path = this.#path(name);
    const found = isThere(this.#files, path) ? this.#opened(path) : null;
    const made = found ?? this.#madeAnew(name, path);
    try {
      const { gid, mode } = this.#files.fstatSync(this.#fd);
      const isForAll = gid === 0 && (mode & 0o002) !== 0;
      this.#files.fchownSync(made, 0, gid);
      this.#files.fchmodSync(made, isForAll ? 0o777 : 0o770);
      // Of a workload that ended without removing it: the next could not listen.
      removeTree(this.#files, made, socketName);
    } catch (error) {
      this.#files.closeSync(made);
      throw error;
    }
    return made;
  }

  /** Opens the folder of an interface as it is; null where there is none. */
  openFolder(name: string): number | null {
    return this.#opened(this.#path(name));
  }

  /** What `is` says of the folder of an interface, while it is open; false where there is none. */
  shows(name: string, is: (fd: number) => boolean): boolean {
    const fd = this.openFolder(name);
    if (fd === null) return false;
    try {
      return is(fd);
    } finally {
      this.#files.closeSync(fd);
    }
  }

  /** Writes what the workload reads; of no attachment: removes it. The arguments last: who waits waits for them. */
  describe(attachments: readonly Attachment[]): void {
    if (attachments.length === 0) {
      for (const name of [argumentsFileName, attachmentsFileName]) this.#remove(name);
      return;
    }
    const file: PodAttachmentsFile = { schemaVersion, workload: this.#pod, attachments: [...attachments] };
    this.#put(attachmentsFileName, `${JSON.stringify(file, null, 2)}\n`);
    this.#put(argumentsFileName, `${ealArguments(attachments).join('\n')}\n`);
  }

  /** Removes the folder of an interface with what the pod put there. */
  removeFolder(name: string): void {
    removeTree(this.#files, this.#fd, name);
  }

  #put(name: string, content: string): void {
    const put = () => putFile(this.#files, folderPath(this.#fd), name, content, 0o644);
    try {
      put();
    } catch (error) {
      if (!inTheWay.has(errnoOf(error) ?? '')) throw error;
      // A folder that the pod made.
      this.#remove(name);
      try {
        put();
      } catch (again) {
        throw unusable(name, again);
      }
    }
  }

  #remove(name: string): void {
    for (const each of [temporaryName(name), name]) removeTree(this.#files, this.#fd, each);
  }

  #opened(path: string): number | null {
    return ignoring(['ENOENT', 'ENOTDIR', 'ELOOP'], () => openFolder(this.#files, path));
  }

  #madeAnew(name: string, path: string): number {
    removeTree(this.#files, this.#fd, name);
    try {
      this.#files.mkdirSync(path, { mode: 0o700 });
      return openFolder(this.#files, path);
    } catch (error) {
      throw unusable(name, error);
    }
  }

  #path(name: string): string {
    return `${folderPath(this.#fd)}/${name}`;
  }
}

const inTheWay = new Set(['EEXIST', 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENOTEMPTY', 'EPERM']);

/** The pod took the name while it was being made, and harms nobody else by it. */
function unusable(name: string, error: unknown): unknown {
  if (!inTheWay.has(errnoOf(error) ?? '')) return error;
  const message = `something in the volume ${podVolumeName} of the pod is in the way of ${name}`;
  return new CniError(cniCodes.volumeUnusable, message, messageOf(error), error);
}

/** What to add to a manifest without a volume for attachments. */
export function noVolume(pod: string, path: string): CniError {
  return new CniError(
    cniCodes.noVolume,
    `pod ${pod} has no emptyDir volume named ${podVolumeName}`,
    `add to its spec: volumes: [{name: ${podVolumeName}, emptyDir: {}}], and to its container: ` +
      `volumeMounts: [{name: ${podVolumeName}, mountPath: ${podVdpaDir}}] (there is no folder ${path})`,
  );
}
