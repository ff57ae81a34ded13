// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { installedFile } from '../../../dataplane/contract/installed-files.ts';
import { podUidPattern } from '../../../dataplane/contract/pod-paths.ts';
import type { CleanWork } from './clean-work.ts';
import { hostPlaces } from './host-places.ts';
import { isBelow, type Mount, sourceOf } from './mount-info.ts';
import { isRunDirMounted, stillHere, whyAttached } from './mount-users.ts';
import { removeTree } from './remove-tree.ts';

const { runDir, attachments, pods } = hostPlaces;
/** Where the agent listens. */
const sockets = ['vdpa.sock', 'cni.sock'];

/** How much of the run directory is in use. */
export interface RunDirUse {
  /** Why all of it must stay; null: no part of the stack runs. */
  readonly whole: string | null;
  /** What belongs to pods that are still on this node, as this process finds it, and why it stays. */
  readonly attached: readonly { readonly at: string; readonly why: string }[];
  /** Attachments of pods that are gone. */
  readonly stale: readonly Mount[];
}

/** Looks, and changes nothing. */
export async function useOfRunDir(work: CleanWork): Promise<RunDirUse> {
  const { files, system } = work;
  const at = files.locate(runDir);
  if (at === null || files.stat(runDir)?.isDirectory() !== true) return { whole: null, attached: [], stale: [] };
  const [mounts, others] = [system.mounts(), system.containerMounts()];
  const source = sourceOf(at, mounts);
  let whole = source !== null && isRunDirMounted(source, others) ? 'a part of the stack still runs on this node' : null;
  for (const name of sockets) {
    const socket = `${runDir}/${name}`;
    const isSocket = files.stat(socket)?.isSocket() === true;
    if (isSocket && (await system.listens(`${at}/${name}`))) whole ??= `the agent still runs: it listens on ${socket}`;
  }
  const below = mounts.filter(({ point }) => isBelow(point, at));
  const judged = below.map((mount) => ({ mount, why: whyAttached(mount, others) }));
  return {
    whole,
    attached: [
      ...judged.flatMap(({ mount, why }) => (why === null ? [] : [{ at: mount.point, why }])),
      ...recorded(work, at),
    ],
    stale: judged.flatMap(({ mount, why }) => (why === null ? [mount] : [])),
  };
}

/**
 * The records of attachments, also of those that nothing is mounted for, whose pods are still on this node. Where kubelet's
 * folder of pods cannot be seen, every pod is: nothing is taken from one because something is wrong with a mount.
 */
function recorded({ files }: CleanWork, at: string): RunDirUse['attached'] {
  return files
    .list(attachments)
    .filter((uid) => podUidPattern.test(uid) && (files.stat(`${pods}/${uid}`) !== null || files.stat(pods) === null))
    .map((uid) => ({ at: `${at}${attachments.slice(runDir.length)}/${uid}`, why: stillHere(uid) }));
}

/** Why pods still need what the stack has put on this node outside of the run directory; null: none does. */
export function whyNeeded({ whole, attached: [first, ...more] }: RunDirUse): string | null {
  if (first === undefined) return whole;
  return more.length === 0 ? first.why : `${first.why}, and ${more.length} more`;
}

/**
 * Removes the run directory. What is bind-mounted below it is unmounted first, the last mount first, and never entered: it is
 * a pod's. What names the installed files goes last, so that a run that was cut off finds it again, and stays with them.
 */
export async function cleanRunDir(work: CleanWork, use: RunDirUse, keepsList: boolean): Promise<void> {
  const { files, record } = work;
  const stats = files.stat(runDir);
  const at = files.locate(runDir);
  if (stats === null || at === null) return;
  if (!stats.isDirectory()) {
    record.keep(runDir, 'it is no folder');
    return;
  }
  if (use.whole !== null) {
    record.leave(runDir, use.whole);
    return;
  }
  const named = (point: string): string => `${runDir}${point.slice(at.length)}`;
  for (const attached of use.attached) record.leave(named(attached.at), attached.why);
  if (record.dryRun) {
    if (use.attached.length === 0) record.attempt(runDir, () => {});
    return;
  }
  await unmountStale(work, use, named);
  for (const { path, why } of emptyOut(work, at, use, keepsList)) {
    record.leave(path === '' ? runDir : `${runDir}/${path}`, why);
  }
  if (files.stat(runDir) === null) record.attempt(runDir, () => {});
}

async function unmountStale({ system, record }: CleanWork, { stale }: RunDirUse, named: (point: string) => string) {
  for (const { point } of [...stale].reverse()) {
    const failed = await system.unmount(point);
    if (failed !== null) record.leave(named(point), `it cannot be unmounted: ${failed}`);
  }
}

/** Answers what had to stay. */
function emptyOut(
  { system }: CleanWork,
  at: string,
  { attached }: RunDirUse,
  keepsList: boolean,
): ReturnType<typeof removeTree> {
  // Whatever is mounted there by now: also what came since, and what could not be unmounted.
  const points = system.mounts().map(({ point }) => point);
  if (points.includes(at)) return [{ path: '', why: 'something is mounted there' }];
  const barriers = new Set([...points.filter((point) => isBelow(point, at)), ...attached.map((each) => each.at)]);
  if (keepsList) barriers.add(join(at, installedFile));
  return removeTree(at, barriers, [installedFile]);
}
