// SPDX-License-Identifier: Apache-2.0
// The stages of `npm test`, in the order in which they run.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cTests } from './c-tests.mjs';
import { localTests } from './local-tests.mjs';
import { failed, passed } from './outcome.mjs';
import { hasProgram, root, runScript, runTool } from './run-tool.mjs';
import { runVitest } from './vitest.mjs';

/** A stage that is one tool: passed when that ends with 0. */
function tool(name, run) {
  return {
    name,
    async run() {
      const { exitCode, output } = await run();
      return exitCode === 0 ? passed() : failed(output);
    },
  };
}

/** Every shell script of the project; shellcheck where it is installed, otherwise the shell's own parser. */
function shellScripts() {
  const files = [
    'quickstart',
    '.ci/run',
    ...filesIn('scripts/quickstart', '.sh'),
    ...filesIn('test/labs', '.sh'),
    ...filesIn('test/cluster', '.sh'),
  ];
  const there = files.filter((file) => existsSync(join(root, file)));
  return hasProgram('shellcheck')
    ? runTool('shellcheck', ['-x', ...there])
    : runTool('bash', ['-c', 'for file; do bash -n "$file" || exit 1; done', 'bash', ...there]);
}

function filesIn(folder, ending) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

export const stages = [
  tool('build', () => runTool(process.execPath, [join(root, 'scripts', 'build.mjs')])),
  tool('lint', () => runScript('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])),
  tool('types', () => runScript('typescript/bin/tsc', ['--noEmit'])),
  tool('layers', () =>
    runScript('dependency-cruiser/bin/dependency-cruise.mjs', [
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'dataplane',
    ]),
  ),
  tool('unused', () => runScript('knip/bin/knip.js', [])),
  tool('shell', shellScripts),
  { name: 'unit', run: () => runVitest('unit') },
  { name: 'c', run: cTests },
  { name: 'local', run: localTests },
];
