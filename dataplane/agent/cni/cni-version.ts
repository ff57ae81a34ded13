// SPDX-License-Identifier: Apache-2.0

/** The versions of the CNI specification that we speak, the oldest first. */
export const supportedVersions = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof supportedVersions)[number];
export const latestVersion: CniVersion = '1.1.0';

export function isSupported(version: string): version is CniVersion {
  return (supportedVersions as readonly string[]).includes(version);
}

/** Whether `version` is `other` or a later one. */
export function isAtLeast(version: CniVersion, other: CniVersion): boolean {
  return supportedVersions.indexOf(version) >= supportedVersions.indexOf(other);
}

/** The version with which each command came. */
export const commandSince = {
  ADD: '0.3.1',
  DEL: '0.3.1',
  CHECK: '0.4.0',
  GC: '1.1.0',
  STATUS: '1.1.0',
  VERSION: '0.3.1',
} as const satisfies Record<string, CniVersion>;

export type CniCommand = keyof typeof commandSince;

export function isCommand(text: string): text is CniCommand {
  return Object.hasOwn(commandSince, text);
}
