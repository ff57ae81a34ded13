// SPDX-License-Identifier: Apache-2.0
import { createProgram } from '../../src/cli.ts';
import { checksPage } from './checks-page.ts';
import { cliPage } from './cli-page.ts';
import { configPage } from './config-page.ts';

/** The pages that are made from the code, by their path below the package. */
export function generatedPages(): ReadonlyMap<string, string> {
  const program = createProgram();
  return new Map([
    ['docs/checks.md', checksPage()],
    ['docs/cli.md', cliPage(program)],
    ['docs/config.md', configPage(program)],
  ]);
}
