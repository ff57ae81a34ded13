// SPDX-License-Identifier: Apache-2.0
// Writes the pages of docs/ that are made from the code: npm run docs. A test fails when one is out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/files/package-root.ts';
import { generatedPages } from './docs/pages.ts';

for (const [path, text] of generatedPages()) {
  writeFileSync(join(packageRoot(), path), text);
  process.stdout.write(`wrote ${path}\n`);
}
