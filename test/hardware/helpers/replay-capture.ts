// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/package-root.ts';
import { runProgram } from './shell.ts';

/**
 * What the command line makes of a guest's capture on this machine: the document of `detect --from`. Where
 * VDPACTL_LAB_CAPTURES names a folder, the capture is kept there, as a fixture for other tests.
 */
export async function replayCapture(capture: Buffer, config: string, name: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-capture-'));
  try {
    const [file, configFile] = [join(folder, 'node.tgz'), join(folder, 'vdpactl.yaml')];
    writeFileSync(file, capture);
    writeFileSync(configFile, config);
    const keep = process.env['VDPACTL_LAB_CAPTURES'];
    if (keep !== undefined) {
      mkdirSync(keep, { recursive: true });
      writeFileSync(join(keep, `${name}.tgz`), capture);
    }
    const program = join(packageRoot(), 'bin', 'vdpactl.js');
    const detect = ['detect', '--from', file, '--config', configFile, '-o', 'json'];
    const { code, stdout, stderr } = await runProgram(process.execPath, [program, ...detect]);
    if (code !== 0) throw new Error(`detect --from: exit code ${code}\n${stdout}${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
