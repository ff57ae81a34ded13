// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { type InTheWay, putFile, writeFailure } from '../../files/put-file.ts';
import { version } from '../../version.ts';
import { type CloudOptions, withCloud } from '../cloud/read-cloud.ts';
import type { NodeReport } from '../node-report.ts';
import { connectionEnv, openSystem, type ProbeOptions, probeSystem } from '../probe.ts';
import { openWalking } from '../root-fs.ts';
import { diskTree } from '../tree/disk-tree.ts';
import { capturedAnswer } from '../vdpa/management-devices.ts';
import { packArchive } from './archive.ts';
import { type RecordedEntry, recordTree } from './record-tree.ts';
import { formatTold, type Told, type ToldDocument, toldFile } from './told.ts';

export interface SaveOptions extends ProbeOptions {
  /** Where to write, as a path; `shown` is how the user called it. */
  readonly file: string;
  readonly shown?: string;
  readonly force?: boolean;
  /** How to ask for the cloud's identity; only the running machine is asked. */
  readonly cloud?: CloudOptions;
  readonly now?: Date;
}

export interface Saved {
  readonly report: NodeReport;
  /** Whether there was a file of that name before. */
  readonly replaced: boolean;
}

/**
 * Probes a machine, or a tree captured on one, and saves exactly what the probe read, so that `loadReports` of the file
 * gives the same report anywhere. Holds no credential, for the probe reads none.
 * @throws VdpaError VDPA-PLATFORM-001, VDPA-CONFIG-004 for a file in the way, VDPA-BUNDLE-004 and VDPA-DISK-001 when it
 * cannot be written.
 */
export async function saveProbe(options: SaveOptions): Promise<Saved> {
  const { report, archive } = await captureProbe(options);
  const shown = options.shown ?? options.file;
  let written: boolean | InTheWay;
  try {
    written = putFile(options.file, archive, { force: options.force ?? false });
  } catch (error) {
    if (error instanceof VdpaError) throw error;
    const why = writeFailure(error) ?? messageOf(error);
    const next = 'name a file that you may write, in a folder that exists';
    throw new VdpaError('VDPA-BUNDLE-004', `the probe cannot be saved: ${why}`, { where: shown, next, cause: error });
  }
  if (typeof written === 'boolean') return { report, replaced: written };
  throw new VdpaError('VDPA-CONFIG-004', `there is ${inTheWay[written]} already`, {
    where: shown,
    next: written === 'file' ? 'name another file, or replace this one with --force' : 'name another file',
  });
}

const inTheWay: Readonly<Record<InTheWay, string>> = {
  file: 'a file of this name',
  folder: 'a folder of this name',
  special: 'something of this name that is no ordinary file',
};

/** The report, and the archive of all that it was made of. */
export async function captureProbe(
  options: Omit<SaveOptions, 'file' | 'shown' | 'force'>,
): Promise<{ report: NodeReport; archive: Uint8Array }> {
  const original = openSystem(options.root ?? '/');
  const { live } = original;
  const recording = recordTree(diskTree(original.root), { live });
  const told = original.told === null ? null : recordTold(original.told);
  const fs = openWalking(recording.tree, { root: original.root, live, told: told?.told ?? null });
  const env = options.env ?? {};
  const probed = probeSystem(fs, env);
  const report = live ? await withCloud(probed, { env, ...options.cloud }) : probed;
  const kept: ToldDocument | null = told && {
    ...told.kept(),
    sshConnection: connectionEnv(fs, env)['SSH_CONNECTION'] ?? null,
    cloud: live
      ? { cloud: report.node.cloud, evidence: report.evidence.slice(probed.evidence.length) }
      : (original.told?.cloud ?? { cloud: null, evidence: [] }),
  };
  const own: RecordedEntry[] = [];
  const add = (path: string, text: string | null) => {
    if (text !== null) own.push({ path, entry: { kind: 'file', bytes: Buffer.from(text) } });
  };
  add(toldFile, kept && formatTold(kept, { version, time: options.now ?? new Date() }));
  add(capturedAnswer, told?.managementDevices() ?? null);
  const owned = new Set(own.map(({ path }) => path));
  const entries = [...recording.entries().filter(({ path }) => !owned.has(path)), ...own];
  return { report, archive: await packArchive(entries.sort((a, b) => (a.path < b.path ? -1 : 1))) };
}

/** Asks on, and keeps the answers to what was asked. */
function recordTold(original: Told): {
  told: Told;
  kept: () => Pick<ToldDocument, 'machine' | 'ipv4Addresses' | 'ipv4FurtherRoutes'>;
  managementDevices: () => string | null;
} {
  let machine: string | null = null;
  const running = original.runningAddresses();
  let all: ReturnType<Told['allAddresses']> | null = null;
  let routes: ReturnType<Told['furtherRoutes']> = null;
  let managementDevices: string | null = null;
  return {
    told: {
      ...original,
      machine: () => {
        machine = original.machine();
        return machine;
      },
      runningAddresses: () => running,
      allAddresses: () => {
        all ??= original.allAddresses();
        return all;
      },
      furtherRoutes: () => {
        routes ??= original.furtherRoutes();
        return routes;
      },
      vdpaManagementDevices: () => {
        managementDevices = original.vdpaManagementDevices();
        return managementDevices;
      },
    },
    managementDevices: () => managementDevices,
    kept: () => ({
      machine,
      ipv4Addresses: running && [...running, ...(all ?? [])],
      ipv4FurtherRoutes: routes,
    }),
  };
}
