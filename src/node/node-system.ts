// SPDX-License-Identifier: Apache-2.0
import type { NodeReport } from '../platform/node-report.ts';
import type { RootFs } from '../platform/root-fs.ts';

export interface ProgramResult {
  /** null: it could not be started or was ended by a signal; `failure` says why. */
  readonly exitCode: number | null;
  /** Standard output and standard error as they came. */
  readonly all: string;
  readonly failure: string | null;
}

/** A process that has a device file open. */
export interface Opener {
  readonly pid: number;
  readonly name: string;
}

/**
 * All of the machine that preparing and restoring touch. Paths have no leading slash (`sys/bus/pci/devices`), as below
 * any root.
 */
export interface NodeSystem extends Pick<RootFs, 'readText' | 'list' | 'linkName' | 'exists'> {
  /** Writes to a file of sysfs. Throws the error of the system call: that is how a driver says no. */
  write(path: string, text: string): Promise<void>;
  /** Runs a program of the system (`modprobe`, `rmmod`, `vdpa`, `ip`). Never throws for what it does. */
  run(file: string, args: readonly string[]): Promise<ProgramResult>;
  /** Who has one of these device files (`dev/vfio/12`) open. */
  openers(paths: readonly string[]): readonly Opener[];
  /** The facts as they are at this moment. */
  report(): NodeReport;
  /** Why a network interface is an uplink at this moment, PCI or not; empty: it is none. */
  uplinkReasons(iface: string): readonly string[];
  sleep(ms: number): Promise<void>;
}
