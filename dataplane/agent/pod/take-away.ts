// SPDX-License-Identifier: Apache-2.0
import { errnoOf, messageOf } from '../../../src/errors/vdpa-error.ts';
import type { PodPaths } from '../../contract/pod-paths.ts';
import { CniError, cniCodes, toCniError } from '../cni/cni-error.ts';
import type { Ipam } from '../cni/ipam.ts';
import { characterDeviceOf, takeBackCharacterDevice } from './character-device.ts';
import { removeDeviceInfo } from './device-info.ts';
import type { DeviceMounts } from './device-mounts.ts';
import type { Files } from './files.ts';
import { PodVolume } from './pod-volume.ts';
import { type PodRecord, podText } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** By what attachments are made and taken away. */
export interface Means {
  readonly files: Files;
  readonly mounts: DeviceMounts;
  readonly ipam: Ipam;
  readonly paths: PodPaths;
  readonly records: RecordStore;
  readonly log: (line: string) => void;
}

/** What a pod can bring about in its own volume. It harms nobody but itself: nothing waits for that to be cleared. */
const podsOwnDoing = new Set(['ENOSPC', 'EDQUOT', 'ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EPERM']);

/**
 * Takes an attachment away, whatever of it is there, and removes its record last. Throws a CniError when something is
 * left; the record is then kept, so that the next call can go on.
 */
export async function takeAway(means: Means, record: PodRecord): Promise<void> {
  const { records, log } = means;
  const { pod, attachment } = record;
  if (record.state !== 'released') {
    try {
      if (record.state === 'attached') records.put({ ...record, state: 'changing' });
    } catch (error) {
      // Full or read-only: taking away needs no room, and only who is killed right now leaves an old record.
      log(`${podText(pod)} ${attachment.interface}: the record cannot be written: ${messageOf(error)}`);
    }
    await release(means, record);
  }
  if (record.ipam !== null) {
    try {
      await means.ipam.del(record.ipam);
    } catch (error) {
      records.put({ ...record, state: 'released' });
      throw error;
    }
  }
  records.remove(pod.uid, attachment.interface);
}

/** Whether the workload makes a socket, so that there is a folder and a mount. */
export function isWithSocket({ attachment }: PodRecord): boolean {
  return attachment['device-info'].type === 'vhost-user';
}

/** All but the addresses. Every step is tried, whatever became of those before. */
async function release(means: Means, record: PodRecord): Promise<void> {
  const { files, mounts } = means;
  const problems: unknown[] = [];
  const attempt = async (step: () => unknown) => {
    try {
      await step();
    } catch (error) {
      problems.push(error);
    }
  };
  const device = characterDeviceOf(record);
  if (device === null) await attempt(() => mounts.detach(record.attachment.device));
  else await attempt(() => takeBackCharacterDevice(files, device));
  await attempt(() => clearVolume(means, record));
  const { deviceInfoFile } = record;
  if (deviceInfoFile !== null) await attempt(() => removeDeviceInfo(files, deviceInfoFile));
  if (problems.length > 0) throw toCniError(problems[0]);
}

/** Takes our files out of the volume of the pod, which may be gone. */
export function clearVolume(means: Means, { pod, attachment }: Pick<PodRecord, 'pod' | 'attachment'>): void {
  const { files, paths, records, log } = means;
  const left = records
    .ofPod(pod.uid)
    .filter((each) => each.state === 'attached' && each.attachment.interface !== attachment.interface);
  const volume = PodVolume.open(files, paths, pod.uid);
  if (volume === null) return;
  try {
    for (const step of [
      () => volume.describe(left.map((each) => each.attachment)),
      () => volume.removeFolder(attachment.interface),
    ]) {
      try {
        step();
      } catch (error) {
        const isPods = podsOwnDoing.has(errnoOf(error) ?? '') || isUnusable(error);
        if (!isPods) throw error;
        log(`${podText(pod)} ${attachment.interface}: its volume stays as it is: ${messageOf(error)}`);
      }
    }
  } finally {
    volume.close();
  }
}

function isUnusable(error: unknown): boolean {
  return error instanceof CniError && error.code === cniCodes.volumeUnusable;
}
