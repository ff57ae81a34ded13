// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import { isDeviceInfoFile } from '../../contract/pod-paths.ts';
import { standIn } from './attach-request.ts';
import { podExists } from './pod-exists.ts';
import { PodVolume } from './pod-volume.ts';
import { type PodRecord, podText } from './record.ts';
import type { DamagedRecord } from './record-store.ts';
import { clearVolume, isWithSocket, type Means, takeAway } from './take-away.ts';

/**
 * Makes mounts and records agree at the start of the agent. A workload that runs is not disturbed. What fails is tried
 * again by the next sweep, and does not keep the agent from serving others.
 */
export async function recover(means: Means): Promise<void> {
  const { records, mounts } = means;
  for (const damaged of records.load()) await tried(means, damagedText(damaged), () => settle(means, damaged));
  for (const record of records.all()) {
    const isKept = record.state === 'attached' && podExists(means, record.pod.uid);
    const repair = () => (isKept ? remount(means, record) : takeAway(means, record));
    await tried(means, `${podText(record.pod)} ${record.attachment.interface}`, repair);
  }
  for (const device of mounts.attached()) {
    if (records.holderOf(device) === null) await tried(means, `device ${device}`, () => mounts.detach(device));
  }
}

/** What a damaged record cannot say the mounts can: whether the pod has a device, and which. */
async function settle(means: Means, { pod, interface: name, why, salvaged }: DamagedRecord): Promise<void> {
  const { files, mounts, paths, records, log } = means;
  if (salvaged !== null) {
    log(`pod ${pod} ${name}: the record ${why}; it has device ${salvaged.attachment.device}, until its DEL`);
    const file = salvaged.deviceInfoFile ?? '';
    records.adopt({ ...salvaged, deviceInfoFile: isDeviceInfoFile(file, paths.deviceInfo) ? file : null });
    return;
  }
  const volume = PodVolume.open(files, paths, pod);
  try {
    const device = mounts.attached().find((each) => volume?.shows(name, (fd) => mounts.shows(each, fd)) === true);
    if (device !== undefined) {
      log(`pod ${pod} ${name}: the record ${why}; by the mounts it has device ${device}`);
      records.adopt(standIn(pod, name, device));
      return;
    }
  } finally {
    volume?.close();
  }
  log(`pod ${pod} ${name}: the record ${why}, and nothing is mounted: removed`);
  clearVolume(means, standIn(pod, name, ''));
  records.remove(pod, name);
}

/** Mounts again what is missing, as after a start of the agent's container without the mounts of the one before. */
async function remount({ files, mounts, paths }: Means, record: PodRecord): Promise<void> {
  if (!isWithSocket(record)) return;
  const { device, interface: name } = record.attachment;
  const volume = PodVolume.open(files, paths, record.pod.uid);
  if (volume === null || volume.shows(name, (fd) => mounts.shows(device, fd))) {
    volume?.close();
    return;
  }
  try {
    const fd = volume.openFolder(name);
    if (fd === null) return;
    try {
      await mounts.attach(device, fd);
    } finally {
      files.closeSync(fd);
    }
  } finally {
    volume.close();
  }
}

async function tried({ log }: Means, what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    log(`${what}: not repaired yet: ${messageOf(error)}`);
  }
}

const damagedText = ({ pod, interface: name }: DamagedRecord): string => `pod ${pod} ${name}`;
