// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import { podVolume } from '../../contract/pod-paths.ts';
import { CniError, cniCodes, toCniError } from '../cni/cni-error.ts';
import { type AttachRequest, newRecord, withAddresses } from './attach-request.ts';
import { characterDeviceOf, giveCharacterDevice } from './character-device.ts';
import { putDeviceInfo } from './device-info.ts';
import { podExists } from './pod-exists.ts';
import { noVolume, PodVolume } from './pod-volume.ts';
import { type PodRecord, podText } from './record.ts';
import { type Means, takeAway } from './take-away.ts';

/** Gives a device to a pod. Needs the locks of both. Throws a CniError and leaves nothing. */
export async function give(means: Means, request: AttachRequest, signal?: AbortSignal): Promise<PodRecord> {
  const { records } = means;
  const known = records.get(request.pod.uid, request.interface);
  if (known?.state === 'attached' && known.container === request.container) return again(known, request);
  // Of an earlier sandbox of this pod, or left over.
  if (known !== null) await takeAway(means, known);
  await makeFree(means, request.spec.device);
  const record = newRecord(request);
  const volume = volumeOf(means, record);
  try {
    records.put(record);
    return await make(means, record, volume, signal);
  } catch (error) {
    await takeAway(means, records.get(record.pod.uid, request.interface) ?? record).catch((left: unknown) => {
      means.log(`${podText(record.pod)} ${request.interface}: not all undone yet: ${messageOf(left)}`);
    });
    throw toCniError(error);
  } finally {
    volume.close();
  }
}

async function make(means: Means, record: PodRecord, volume: PodVolume, signal?: AbortSignal): Promise<PodRecord> {
  const { records, files, ipam } = means;
  const { pod, attachment, deviceInfoFile } = record;
  const device = characterDeviceOf(record);
  if (device === null) await mount(means, record, volume);
  else giveCharacterDevice(files, device, volume.group);
  const addresses = record.ipam === null ? record.addresses : await ipam.add(record.ipam, signal);
  const attached: PodRecord = { ...withAddresses(record, addresses), state: 'attached' };
  const others = records.ofPod(pod.uid).filter((each) => each.attachment.interface !== attachment.interface);
  const all = [...others.filter((each) => each.state === 'attached'), attached];
  volume.describe(all.map((each) => each.attachment).sort((a, b) => (a.interface < b.interface ? -1 : 1)));
  if (deviceInfoFile !== null) putDeviceInfo(files, deviceInfoFile, attachment['device-info']);
  records.put(attached);
  return attached;
}

async function mount(means: Means, { attachment }: PodRecord, volume: PodVolume): Promise<void> {
  const fd = volume.makeFolder(attachment.interface);
  try {
    await means.mounts.attach(attachment.device, fd);
  } finally {
    means.files.closeSync(fd);
  }
}

/** The same ADD again: after an agent that was killed before it could answer. */
function again(known: PodRecord, { spec, interface: name }: AttachRequest): PodRecord {
  if (known.attachment.device === spec.device) return known;
  const message = `interface ${name} of this container is device ${known.attachment.device} already`;
  throw new CniError(cniCodes.interfaceTaken, message, `asked for: ${spec.device}`);
}

/** Throws while a pod has the device that still exists. */
async function makeFree(means: Means, device: string): Promise<void> {
  const holder = means.records.holderOf(device);
  if (holder === null) return;
  // Its own DEL waits for the device, and finds nothing to do.
  if (!podExists(means, holder.pod.uid)) return takeAway(means, holder);
  const { attachment, pod } = holder;
  throw new CniError(
    cniCodes.deviceTaken,
    `device ${device} is attached to pod ${podText(pod)}`,
    `interface ${attachment.interface}, pod uid ${pod.uid}`,
  );
}

function volumeOf({ files, paths }: Means, { pod }: PodRecord): PodVolume {
  const volume = PodVolume.open(files, paths, pod.uid);
  if (volume === null) throw noVolume(podText(pod), podVolume(paths, pod.uid));
  return volume;
}
