// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { cliPath } from './cli.ts';
import { removeStaleStacks } from './run-dirs.ts';
import { skipReason } from './skip-reason.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no test of this project runs here; null: they do. */
    readonly skipReason: string | null;
    /** The process that runs the tests, whichever worker they are in. */
    readonly owner: number;
  }
}

/** Looks once whether this machine can run the tests, and says so in one line when it cannot. */
export function setup(project: TestProject): void {
  const reason = skipReason(process.env);
  project.provide('skipReason', reason);
  project.provide('owner', process.pid);
  if (reason !== null) {
    process.stderr.write(`local data-plane tests skipped: ${reason}\n`);
    return;
  }
  if (!existsSync(cliPath.replace(/bin\/vdpactl\.js$/, 'dist/cli.js'))) {
    throw new Error('the local tests drive the built command line: run npm run build first');
  }
  removeStaleStacks();
}
