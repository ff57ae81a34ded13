// SPDX-License-Identifier: Apache-2.0
// The tests of the C programs: `make test` wherever a Makefile of the data plane has it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, passed, skipped } from './outcome.mjs';
import { hasProgram, root, runTool } from './run-tool.mjs';

export async function cTests() {
  const missing = ['make', 'cc'].filter((program) => !hasProgram(program));
  if (missing.length > 0) return skipped(`needs ${missing.join(' and ')}; ./quickstart --install-only brings them`);
  const folders = foldersWithTests();
  const outputs = [];
  for (const folder of folders) {
    const { exitCode, output } = await runTool('make', ['-C', folder, 'test']);
    if (exitCode !== 0) outputs.push(output);
  }
  return outputs.length > 0 ? failed(outputs.join('\n')) : passed(1, folders.join(', '));
}

function foldersWithTests() {
  return readdirSync(join(root, 'dataplane'))
    .map((name) => join('dataplane', name))
    .filter((folder) => {
      const makefile = join(root, folder, 'Makefile');
      return existsSync(makefile) && /^test:/m.test(readFileSync(makefile, 'utf8'));
    });
}
