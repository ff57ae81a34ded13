// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, VdpaError } from '../../../errors/vdpa-error.ts';

/** A new folder below TMPDIR, or else `otherwise`, for what engines write. Throws VDPA-IMAGES-003. */
export function temporaryFolder(env: NodeJS.ProcessEnv, otherwise: string, next: string): string {
  const parent = env['TMPDIR'] ?? otherwise;
  try {
    return mkdtempSync(join(parent, 'vdpactl-images-'));
  } catch (error) {
    throw new VdpaError('VDPA-IMAGES-003', `nothing can be written there: ${messageOf(error)}`, {
      where: parent,
      next,
      cause: error,
    });
  }
}
