// SPDX-License-Identifier: Apache-2.0
import { errnoOf, messageOf } from '../../../src/errors/vdpa-error.ts';
import { latestVersion } from './cni-version.ts';

/** The codes of the CNI specification, and from 100 on our own. docs/cni.md has the same table in words. */
export const cniCodes = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decode: 6,
  invalidConfig: 7,
  tryLater: 11,
  notAvailable: 50,
  notAvailableAndLimited: 51,
  deviceTaken: 100,
  interfaceTaken: 101,
  noVolume: 102,
  volumeUnusable: 103,
  notMounted: 104,
  notAsAttached: 105,
  ipamMissing: 110,
  ipamFailed: 111,
  internal: 199,
} as const;

/** What an ADD and its kin answer when they cannot. */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: number;
  readonly details: string;

  constructor(code: number, message: string, details = '', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** The document that a failing plugin prints. */
export function errorDocument(error: CniError, version: string | null): string {
  const { code, message: msg, details } = error;
  return JSON.stringify({ cniVersion: version ?? latestVersion, code, msg, ...(details === '' ? {} : { details }) });
}

/** Whatever was thrown, as an answer: a failed call of the kernel is an I/O error. */
export function toCniError(error: unknown): CniError {
  if (error instanceof CniError) return error;
  const errno = errnoOf(error);
  if (errno === null) return new CniError(cniCodes.internal, 'the agent failed', messageOf(error), error);
  return new CniError(cniCodes.io, ioMessages[errno] ?? `input or output failed (${errno})`, messageOf(error), error);
}

const ioMessages: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no room left on the device',
  EDQUOT: 'there is no room left on the device',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'a path is too long',
};
