// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseJson } from '../../../src/files/json-file.ts';
import { whyUnread } from '../../../src/files/why-unread.ts';
import { podInterfacePattern, podUidPattern, recordFile } from '../../contract/pod-paths.ts';
import type { RunDir } from '../../contract/run-dir.ts';
import { ensureFolder, type Files, ignoring, putFile, temporaryName, unlinkIfThere } from './files.ts';
import { type PodRecord, podRecordSchema } from './record.ts';
import { salvageRecord } from './salvage-record.ts';

/** A record that is not understood as a whole: of what, its path says. */
export interface DamagedRecord {
  readonly pod: string;
  readonly interface: string;
  readonly why: string;
  /** What it says all the same; null: not even its device. */
  readonly salvaged: PodRecord | null;
}

/** The records of a node, root's alone, and an index of them in memory. The files are the truth. */
export class RecordStore {
  readonly #dir: RunDir;
  readonly #files: Files;
  readonly #byKey = new Map<string, PodRecord>();

  constructor(dir: RunDir, files: Files) {
    this.#dir = dir;
    this.#files = files;
  }

  /** Reads all records, and answers those that are damaged or of another version. */
  load(): DamagedRecord[] {
    this.#byKey.clear();
    const damaged: DamagedRecord[] = [];
    for (const pod of this.#list(this.#dir.attachments)) {
      const folder = join(this.#dir.attachments, pod);
      for (const name of podUidPattern.test(pod) ? this.#list(folder) : []) {
        const interfaceName = name.replace(/\.json$/, '');
        if (name.endsWith('.tmp')) ifWritable(() => unlinkIfThere(this.#files, join(folder, name)));
        if (!name.endsWith('.json') || !podInterfacePattern.test(interfaceName)) continue;
        const text = this.#files.readFileSync(join(folder, name), 'utf8');
        const record = parseJson(text, podRecordSchema);
        if (record?.pod.uid === pod && record.attachment.interface === interfaceName) {
          this.#byKey.set(keyOf(pod, interfaceName), record);
        } else {
          const salvaged = salvageRecord(text, pod, interfaceName);
          damaged.push({ pod, interface: interfaceName, why: whyUnread(text), salvaged });
        }
      }
      ifWritable(() => this.#removeFolder(pod));
    }
    return damaged;
  }

  all(): PodRecord[] {
    return [...this.#byKey.values()];
  }

  get(pod: string, interfaceName: string): PodRecord | null {
    return this.#byKey.get(keyOf(pod, interfaceName)) ?? null;
  }

  /** The records of a container's interface: of more than one pod only if somebody made them up. */
  ofContainer(container: string, interfaceName: string): PodRecord | null {
    return (
      this.all().find((each) => each.container === container && each.attachment.interface === interfaceName) ?? null
    );
  }

  ofPod(pod: string): PodRecord[] {
    const all = this.all().filter((record) => record.pod.uid === pod);
    return all.sort((a, b) => (a.attachment.interface < b.attachment.interface ? -1 : 1));
  }

  /** Who has a device; null: it is free. */
  holderOf(device: string): PodRecord | null {
    return this.all().find((each) => each.attachment.device === device && each.state !== 'released') ?? null;
  }

  put(record: PodRecord): void {
    const { pod, attachment } = record;
    // Also when it cannot be written: what this process did it knows.
    this.#byKey.set(keyOf(pod.uid, attachment.interface), record);
    const folder = join(this.#dir.attachments, pod.uid);
    ensureFolder(this.#files, folder, 0o700);
    putFile(this.#files, folder, `${attachment.interface}.json`, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  }

  /** Holds a device for a record that is damaged or of another version, whose file stays as it is. */
  adopt(record: PodRecord): void {
    this.#byKey.set(keyOf(record.pod.uid, record.attachment.interface), record);
  }

  remove(pod: string, interfaceName: string): void {
    const folder = join(this.#dir.attachments, pod);
    unlinkIfThere(this.#files, join(folder, temporaryName(`${interfaceName}.json`)));
    unlinkIfThere(this.#files, recordFile(this.#dir, pod, interfaceName));
    this.#removeFolder(pod);
    // Last: what could not be removed altogether is still known, and removed by the next call.
    this.#byKey.delete(keyOf(pod, interfaceName));
  }

  /** Of a pod without any record more. */
  #removeFolder(pod: string): void {
    const folder = join(this.#dir.attachments, pod);
    ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'], () => this.#files.rmdirSync(folder));
  }

  #list(folder: string): string[] {
    return ignoring(['ENOENT', 'ENOTDIR'], () => this.#files.readdirSync(folder).sort()) ?? [];
  }
}

/** What only tidies up does not keep an agent from its records. */
const ifWritable = (tidy: () => void): void => void ignoring(['EROFS'], tidy);

const keyOf = (pod: string, interfaceName: string): string => `${pod}/${interfaceName}`;
