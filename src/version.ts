// SPDX-License-Identifier: Apache-2.0

declare const __VERSION__: string;

/** The version of this vdpactl; the build puts in what package.json says. */
export const version: string = __VERSION__;
