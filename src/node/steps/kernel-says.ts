// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../errors/error-codes.ts';
import { errnoOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { NodeSystem, ProgramResult } from '../node-system.ts';

/** What the kernel means by an error of a write to sysfs. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: 'only root on the node itself may do this',
  EPERM: 'only root on the node itself may do this',
  EROFS: 'sysfs is mounted read-only here, as in a container without privileges',
  ENOENT: 'there is no such file: the device or its driver is gone',
  EBUSY: 'the device is in use',
  ENODEV: 'the driver does not know the device or could not start it',
  EINVAL: 'the driver does not take this value',
  ENOSPC: 'the device or its PCI bus has no room for it',
  ENOMEM: 'the kernel has no memory for it',
  EIO: 'the device does not answer',
};

interface Failure {
  readonly code: ErrorCode;
  readonly where: string;
  readonly what: string;
  readonly next: string;
}

/** Writes to sysfs; a refusal of the kernel's becomes `failure`, with what it means. */
export async function writeOr(system: NodeSystem, path: string, text: string, failure: Failure): Promise<void> {
  try {
    await system.write(path, text);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    const meaning = meanings[errno] ?? 'see errno(3)';
    throw new VdpaError(failure.code, `${failure.what}: the kernel says ${errno} (${meaning})`, {
      where: failure.where,
      next: failure.next,
      details: [`it was written to /${path}: ${text.trim() === '' ? 'an empty line' : text}`],
      cause: error,
    });
  }
}

/** The last lines that a program printed, or why it did not run. */
export function lastWords({ all, failure }: ProgramResult, name: string): readonly string[] {
  const lines = all
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length > 0) return lines.slice(-5);
  if (failure?.includes('ENOENT') === true) return [`${name} is not installed`];
  return [failure ?? `${name} said nothing`];
}
