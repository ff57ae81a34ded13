// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyPrograms } from './image.ts';
import type { TakesImages } from './multus-image.ts';

/** What the entry point of its image makes of the arguments that are rendered. */
const entrypoint = `#!/bin/busybox sh
for argument; do
  case $argument in
    --log-dir=*) folder=/var/log/\${argument#*=} ;;
    --log-level=*) level=\${argument#*=} ;;
    *) echo "unknown: $argument"; exit 1 ;;
  esac
done
mkdir -p "$folder"
exec /usr/bin/sriovdp -v "$level" --log_dir "$folder" --alsologtostderr
`;

/** Puts the SR-IOV network device plugin on the node under `name`: its program, as its image starts it. */
export async function importDevicePluginImage(node: TakesImages, program: string, name: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
  try {
    await copyPrograms(root, ['/bin/busybox']);
    symlinkSync('busybox', join(root, 'bin/mkdir'));
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    copyFileSync(program, join(root, 'usr/bin/sriovdp'));
    // Names of vendors, which it prints. Without them it asks the network.
    mkdirSync(join(root, 'usr/share/misc'), { recursive: true });
    writeFileSync(join(root, 'usr/share/misc/pci.ids'), '');
    writeFileSync(join(root, 'entrypoint.sh'), entrypoint, { mode: 0o755 });
    await node.importImage(root, { name, entrypoint: ['/entrypoint.sh'] });
  } finally {
    rmSync(root, { recursive: true });
  }
}
