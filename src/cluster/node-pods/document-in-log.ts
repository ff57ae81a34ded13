// SPDX-License-Identifier: Apache-2.0

/** The JSON document in a log that has standard output and standard error: it begins and ends with a brace on a line of its own. */
export function documentInLog(log: string): string | null {
  const begin = /^\{/m.exec(log)?.index ?? -1;
  const end = log.lastIndexOf('\n}');
  return begin === -1 || end < begin ? null : log.slice(begin, end + 2);
}
