// SPDX-License-Identifier: Apache-2.0
// Bundles the command line, the agent and the supervisor into dist/, split so that a command loads only what it uses.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { bundledPackages } from './bundled-packages.mjs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What the schema says when nothing is set: the schema itself is the only place that has it. */
async function defaultConfig() {
  const { outputFiles } = await build({
    absWorkingDir: new URL('..', import.meta.url).pathname,
    entryPoints: ['src/config/config-schema.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { configSchema } = await import(`data:text/javascript;base64,${source}`);
  return configSchema.parse({});
}

const dist = new URL('../dist', import.meta.url);
const fresh = new URL('../dist.new', import.meta.url);
rmSync(fresh, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  absWorkingDir: new URL('..', import.meta.url).pathname,
  entryPoints: {
    cli: 'src/cli.ts',
    version: 'src/version.ts',
    agent: 'dataplane/agent/main.ts',
    supervisor: 'dataplane/supervisor/main.ts',
  },
  outdir: 'dist.new',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  define: {
    __VERSION__: JSON.stringify(manifest.version),
    __DEFAULT_CONFIG__: JSON.stringify(await defaultConfig()),
  },
  loader: { '.proto': 'text' },
  // Some bundled libraries are CommonJS and ask for Node's own modules through require().
  banner: {
    // Made when it is asked for: most of the chunks never do.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = (id) => __createRequire(import.meta.url)(id);",
  },
});
writeFileSync(
  new URL('../dist.new/bundled-packages.tsv', import.meta.url),
  bundledPackages(metafile, new URL('..', import.meta.url).pathname),
);
// The old bundle serves until the new one is whole.
rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
