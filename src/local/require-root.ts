// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';

/**
 * Throws VDPA-ROOT-001 for an ordinary user, to whom the kernel shows neither the processes of a stack nor its sockets:
 * better no answer than one that is not true.
 */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new VdpaError('VDPA-ROOT-001', 'an ordinary user cannot see what runs of a stack, nor change it', {
    next: 'run the same command with sudo',
  });
}
