// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../errors/vdpa-error.ts';
import { type InTheWay, putFile, writeFailure } from '../files/put-file.ts';
import { printable } from './printable.ts';

/**
 * Writes a new config file, or with `force` puts it in the place of the one that is there. Returns whether one was.
 * Throws VDPA-CONFIG-004 for a file in the way, VDPA-CONFIG-005 and VDPA-DISK-001 when it cannot be written.
 */
export function writeConfigFile(path: string, text: string, options: { force: boolean; shown: string }): boolean {
  const shown = printable(options.shown);
  let written: boolean | InTheWay;
  try {
    written = putFile(path, text, options);
  } catch (error) {
    if (error instanceof VdpaError) throw error;
    throw new VdpaError(
      'VDPA-CONFIG-005',
      `the config file cannot be written: ${writeFailure(error) ?? messageOf(error)}`,
      {
        where: shown,
        next: 'name a file that you may write, or print it instead: vdpactl init --stdout',
        cause: error,
      },
    );
  }
  if (typeof written === 'boolean') return written;
  if (written === 'file')
    throw inTheWay('there is a file of this name already', shown, 'vdpactl init --force replaces it');
  const what = written === 'folder' ? 'a folder' : 'no ordinary file';
  throw inTheWay(`there is something of this name that is ${what}`, shown, 'name another file');
}

function inTheWay(message: string, shown: string, next: string): VdpaError {
  return new VdpaError('VDPA-CONFIG-004', message, {
    where: shown,
    next: `${next}; vdpactl init --stdout prints the config instead`,
  });
}
