// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from './vdpa-error.ts';

/** Whatever was thrown, as an error with a code: what is not one of ours is a fault of ours. */
export function asVdpaError(thrown: unknown): VdpaError {
  if (thrown instanceof VdpaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new VdpaError('VDPA-BUG-001', message, {
    next: 'please report this with the output of the same command with --debug, and of: vdpactl version',
    cause: thrown,
  });
}
