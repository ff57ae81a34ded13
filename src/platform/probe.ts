// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';
import { schemaVersion } from '../schema-version.ts';
import { readCni } from './cni.ts';
import { readCpus } from './cpus.ts';
import { readHugepages } from './hugepages.ts';
import { readDmi, readIdentity } from './identity.ts';
import { readIommu } from './iommu.ts';
import { readModules } from './kernel-modules.ts';
import type { NodeReport } from './node-report.ts';
import { createNotes } from './note.ts';
import { readNics } from './pci/nics.ts';
import { openRoot, type RootFs } from './root-fs.ts';
import { readVdpa } from './vdpa/vdpa-devices.ts';
import { readVfioNoIommu } from './vfio.ts';

export interface ProbeOptions {
  /** Where `sys` and `proc` are; the running machine when left out. */
  readonly root?: string;
  /** Tells the SSH connection in use (`SSH_CONNECTION`); only of the running machine, a captured tree has none. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Reads what is on a node. Reads only, below the root, and touches no network. What is missing is null or empty in the
 * report and has an entry in the evidence.
 * @throws VdpaError VDPA-PLATFORM-001 when there is neither `sys` nor `proc` below the root.
 */
export function probe(options: ProbeOptions = {}): NodeReport {
  return probeSystem(openSystem(options.root ?? '/'), options.env);
}

/** As `probe`, of a system that was opened before. */
export function probeSystem(fs: RootFs, env: NodeJS.ProcessEnv = {}): NodeReport {
  const { evidence, note } = createNotes();
  const identity = readIdentity(fs, note);
  const modules = readModules(fs, identity.kernel, note);
  const node = {
    ...identity,
    dmi: readDmi(fs, note),
    // A capture holds what the metadata service said then; the running machine is asked later.
    cloud: fs.told?.cloud.cloud ?? null,
    iommu: readIommu(fs, note),
    cpus: readCpus(fs, note),
    hugepages: readHugepages(fs, note),
    modules,
    vfioNoIommu: readVfioNoIommu(fs, note),
    vdpa: readVdpa(fs, { kernel: identity.kernel, modules }, note),
    cni: readCni(fs, note),
  };
  const nics = readNics(fs, connectionEnv(fs, env), node.vdpa.devices, note);
  return { schemaVersion, node, nics, evidence: [...evidence, ...(fs.told?.cloud.evidence ?? [])] };
}

/** The environment that says something about this system: of a captured tree that of the capture, never that of the reader. */
export function connectionEnv(fs: RootFs, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  if (fs.live) return env;
  const connection = fs.told?.sshConnection ?? null;
  return connection === null ? {} : { SSH_CONNECTION: connection };
}

/** Opens a root that holds a system. @throws VdpaError VDPA-PLATFORM-001 */
export function openSystem(root: string): RootFs {
  const fs = openRoot(root);
  if (holdsSystem(fs)) return fs;
  throw new VdpaError('VDPA-PLATFORM-001', 'there is neither sys nor proc', {
    where: root,
    next: 'give --root a directory that holds sys and proc of a machine, or leave it out to read this one',
  });
}

export function holdsSystem(fs: RootFs): boolean {
  return fs.exists('sys') || fs.exists('proc');
}
