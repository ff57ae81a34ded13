// SPDX-License-Identifier: Apache-2.0

declare const __VERSION__: string | undefined;

/** The version of this vdpactl: the build puts in what package.json says; run from source it has none. */
export const version: string = typeof __VERSION__ === 'undefined' ? '0.0.0-source' : __VERSION__;
