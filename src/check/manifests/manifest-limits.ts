// SPDX-License-Identifier: Apache-2.0

/** Far more than manifests hold, and a bound for files that are none. */
export const manifestLimits = {
  fileBytes: 16 * 1024 * 1024,
  files: 5000,
  /** Values, keys, brackets and so on of one file. */
  tokens: 2_000_000,
  depth: 64,
  /** Columns. */
  indentation: 400,
  aliases: 1000,
} as const;
