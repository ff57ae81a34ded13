// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/package-root.ts';
import { runProgram, type Shell } from './shell.ts';

/** Puts the command line into a guest, with those files alone that its package has. */
export async function installCli(guest: Shell): Promise<void> {
  const root = packageRoot();
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const archive = join(tmpdir(), `vdpactl-lab-${process.pid}.tgz`);
  const packed = await runProgram('tar', ['-C', root, '-czf', archive, ...filesOf(manifest)]);
  try {
    if (packed.code !== 0) throw new Error(`the command line cannot be packed: ${packed.stderr}`);
    const unpacked = await guest.run('tar -xz -C /opt/vdpactl', { stdinFile: archive });
    if (unpacked.code !== 0) throw new Error(`the command line cannot be unpacked in the guest: ${unpacked.stderr}`);
  } finally {
    rmSync(archive, { force: true });
  }
}

/** As arguments of tar. */
function filesOf(manifest: unknown): string[] {
  const files = typeof manifest === 'object' && manifest !== null && 'files' in manifest ? manifest.files : null;
  if (!Array.isArray(files)) throw new Error('package.json does not say which files the package has');
  const patterns = files.filter((file) => typeof file === 'string');
  const excluded = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => `--exclude=${pattern.slice(1)}`);
  return [...excluded, 'package.json', ...patterns.filter((pattern) => !pattern.startsWith('!'))];
}
