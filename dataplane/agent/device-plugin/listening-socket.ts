// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The flag of a socket in /proc/net/unix that listens: __SO_ACCEPTCON of the kernel. */
const listens = '00010000';

/**
 * The inode of the UNIX socket that listens at a path; null: none does. The table names sockets of this name space of
 * networks, by the path that whoever listens sees: a file that a killed process left behind is not in it.
 */
export function listeningSocket(path: string, proc = '/proc'): string | null {
  for (const line of readText(join(proc, 'net', 'unix')).split('\n')) {
    // Num RefCount Protocol Flags Type St Inode Path
    const fields = line.trim().split(/\s+/);
    if (fields[3] === listens && fields.slice(7).join(' ') === path) return fields[6] ?? null;
  }
  return null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
