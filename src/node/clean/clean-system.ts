// SPDX-License-Identifier: Apache-2.0
import type { Mount } from './mount-info.ts';

/** What cleaning asks of the kernel beside files. */
export interface CleanSystem {
  /** The mounts that this process sees. */
  mounts(): readonly Mount[];
  /** Those that containers on this host see: all mount namespaces but ours and that of the first process. */
  containerMounts(): readonly Mount[];
  /** Answers why it could not be unmounted; null: it is. */
  unmount(point: string): Promise<string | null>;
  /** Whether somebody listens on a socket. */
  listens(path: string): Promise<boolean>;
}
