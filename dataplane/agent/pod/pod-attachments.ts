// SPDX-License-Identifier: Apache-2.0
import { hostPodPaths, type PodPaths } from '../../contract/pod-paths.ts';
import type { RunDir } from '../../contract/run-dir.ts';
import { CniError, cniCodes, toCniError } from '../cni/cni-error.ts';
import { type Ipam, type IpamCall, ipamPrograms } from '../cni/ipam.ts';
import { type AttachRequest, type InterfaceName, unknownContainer } from './attach-request.ts';
import type { DeviceMounts } from './device-mounts.ts';
import { type Files, nodeFiles } from './files.ts';
import { give } from './give.ts';
import { KeyedLock } from './keyed-lock.ts';
import { podExists } from './pod-exists.ts';
import { PodVolume } from './pod-volume.ts';
import type { PodRecord } from './record.ts';
import { RecordStore } from './record-store.ts';
import { recover } from './recover.ts';
import { isWithSocket, type Means, takeAway } from './take-away.ts';

export interface PodAttachmentsOptions {
  readonly dir: RunDir;
  readonly mounts: DeviceMounts;
  readonly ipam?: Ipam;
  readonly paths?: PodPaths;
  readonly files?: Files;
  readonly log?: (line: string) => void;
}

/**
 * The attachments of a node's pods. Each is made and taken away by steps that can be cut short anywhere: the record comes
 * first and goes last. Calls for one pod come one at a time, and so do calls for one device.
 */
export class PodAttachments {
  readonly #means: Means;
  readonly #locks = new KeyedLock();

  private constructor(means: Means) {
    this.#means = means;
  }

  /** Reads the records, and takes away or puts back what an agent that was killed left half done. */
  static async open(options: PodAttachmentsOptions): Promise<PodAttachments> {
    const files = options.files ?? nodeFiles;
    const means: Means = {
      files,
      mounts: options.mounts,
      ipam: options.ipam ?? ipamPrograms(),
      paths: options.paths ?? hostPodPaths,
      records: new RecordStore(options.dir, files),
      log: options.log ?? (() => {}),
    };
    await recover(means);
    return new PodAttachments(means);
  }

  /** What pods have; those that are being made or taken away are not among it. */
  all(): PodRecord[] {
    return this.#means.records.all().filter((record) => record.state === 'attached');
  }

  /** Who has the device, in whatever state; null: it is free. */
  holderOf(device: string): PodRecord | null {
    return this.#means.records.holderOf(device);
  }

  /** Makes the mount of a device. It has to be there before its backend starts. */
  prepareDevice(device: string): Promise<void> {
    return this.#locks.run(deviceKey(device), () => this.#means.mounts.prepare(device));
  }

  /** Takes the mount of a device away that is offered no more; false while a pod has it. */
  removeDevice(device: string): Promise<boolean> {
    return this.#locks.run(deviceKey(device), async () => {
      if (this.holderOf(device) !== null) return false;
      await this.#means.mounts.remove(device);
      return true;
    });
  }

  /** Gives a device to a pod. Asked for the same again, answers the same again. Throws a CniError and leaves nothing. */
  attach(request: AttachRequest, signal?: AbortSignal): Promise<PodRecord> {
    const { pod, spec } = request;
    return this.#locks.run(podKey(pod.uid), () =>
      this.#locks.run(deviceKey(spec.device), () => give(this.#means, request, signal)),
    );
  }

  /**
   * Takes an interface away, whatever is left of it, and gives its addresses back. What is not there is no failure.
   * `ipam` says how, where no record does.
   */
  detach(who: InterfaceName, ipam: IpamCall | null): Promise<void> {
    const pod = who.pod ?? this.#means.records.ofContainer(who.container, who.interface)?.pod.uid ?? '';
    return this.#locks.run(podKey(pod), async () => {
      const known = this.#means.records.get(pod, who.interface);
      if (!isOf(known, who)) return this.#giveBack(ipam);
      await this.#takeAway(known, ipam);
    });
  }

  /** What an interface has, after a look whether it really has. Throws a CniError. */
  async verify(who: InterfaceName): Promise<PodRecord> {
    const { records, mounts, files, paths } = this.#means;
    const pod = who.pod ?? records.ofContainer(who.container, who.interface)?.pod.uid ?? '';
    const record = records.get(pod, who.interface);
    if (record === null || !isOf(record, who) || record.state !== 'attached') {
      const message = `container ${who.container} has no interface ${who.interface} of ours`;
      throw new CniError(cniCodes.unknownContainer, message);
    }
    if (!isWithSocket(record)) return record;
    const volume = PodVolume.open(files, paths, record.pod.uid);
    try {
      if (volume?.shows(who.interface, (fd) => mounts.shows(record.attachment.device, fd)) === true) return record;
    } finally {
      volume?.close();
    }
    const message = `the folder of ${who.interface} is not where device ${record.attachment.device} looks for it`;
    throw new CniError(cniCodes.notAsAttached, message);
  }

  /** Takes away all of a network that `isValid` does not know. Throws the first failure, after the last. */
  async collect(network: string, isValid: (record: PodRecord) => boolean): Promise<void> {
    // What is being made meanwhile the caller cannot know of yet.
    const stale = this.all().filter((record) => record.network === network && !isValid(record));
    await this.#takeAllAway(stale);
  }

  /** Takes away what pods had that are gone, and what could not be taken away before. */
  async sweep(): Promise<void> {
    const isGone = (record: PodRecord) => record.state !== 'attached' || !podExists(this.#means, record.pod.uid);
    await this.#takeAllAway(this.#means.records.all(), isGone);
  }

  async #giveBack(ipam: IpamCall | null): Promise<void> {
    if (ipam === null) return;
    try {
      await this.#means.ipam.del(ipam);
    } catch (error) {
      // Nothing of ours is known, so nothing was given either, or it is given back long since.
      if (!(error instanceof CniError) || error.code !== cniCodes.ipamMissing) throw error;
    }
  }

  /** Needs the lock of the pod. */
  #takeAway(record: PodRecord, ipam: IpamCall | null): Promise<void> {
    const { device, interface: name } = record.attachment;
    return this.#locks.run(deviceKey(device), async () => {
      const now = this.#means.records.get(record.pod.uid, name);
      // Another pod that needed the device may have done it.
      if (now === null) return this.#giveBack(ipam);
      await takeAway(this.#means, now.ipam === null ? { ...now, ipam } : now);
    });
  }

  async #takeAllAway(records: readonly PodRecord[], isStill?: (record: PodRecord) => boolean): Promise<void> {
    const results = await Promise.allSettled(
      records.map(({ pod, container, attachment }) =>
        this.#locks.run(podKey(pod.uid), async () => {
          const now = this.#means.records.get(pod.uid, attachment.interface);
          if (now === null || now.container !== container || isStill?.(now) === false) return;
          await this.#takeAway(now, null);
        }),
      ),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw toCniError(failed.reason);
  }
}

const podKey = (pod: string): string => `pod ${pod}`;
const deviceKey = (device: string): string => `device ${device}`;

function isOf(record: PodRecord | null, { container }: InterfaceName): record is PodRecord {
  return record !== null && (record.container === container || record.container === unknownContainer);
}
