// SPDX-License-Identifier: Apache-2.0

/** The version of every JSON document that vdpactl writes and reads, and of the config file. */
export const schemaVersion = 'vdpactl/v1';
