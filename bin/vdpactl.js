#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The entry: the one question that must cost nothing is answered here, all else by the bundle.
import { existsSync } from 'node:fs';
import module from 'node:module';

const bundle = new URL('../dist/cli.js', import.meta.url);

if (!existsSync(bundle)) {
  process.stderr.write('vdpactl: not built yet; run: npm ci && npm run build\n');
  process.exit(70);
}
module.enableCompileCache?.();
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  const { version } = await import(new URL('../dist/version.js', import.meta.url).href);
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import(bundle.href);
  await main(process.argv);
}
