// SPDX-License-Identifier: Apache-2.0

/** A command as a shell takes it: what is no plain word stands in quotes. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
