// SPDX-License-Identifier: Apache-2.0
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/package-root.ts';

/** Copies what the package ships to where every user can read it, and answers the entry. */
export function installedCopy(folder: string): string {
  chmodSync(folder, 0o755);
  const home = join(folder, 'vdpactl');
  mkdirSync(home);
  for (const part of ['package.json', 'bin', 'dist', 'dataplane/proto', 'dataplane/ealshim']) {
    cpSync(join(packageRoot(), part), join(home, part), { recursive: true });
  }
  return join(home, 'bin', 'vdpactl.js');
}
