// SPDX-License-Identifier: Apache-2.0
// CPU time of `detect` on a big host (256 PCI functions: 64 NICs with three virtual functions each) above that of the bare
// start of Node.js, both in one run: A B A B …, pair by pair. CPU time, since other work on the machine cannot take it
// away. Needs a build (npm run build). Exits 1 when over the limit.
//
//   npm run bench:detect [-- ROUNDS]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { medianConfidenceInterval, summarize } from '../src/bench/statistics.ts';
import { schemaVersion } from '../src/schema-version.ts';
import { bigHost } from '../test/fixtures/big-host.ts';
import { writeTree } from '../test/fixtures/tree.ts';

const limitMs = 100;
const nicCount = 64;
const vfsOfEach = 3;
const rounds = Number(process.argv[2] ?? 15);

const cli = fileURLToPath(new URL('../bin/vdpactl.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vdpactl-bench-'));
try {
  const root = join(folder, 'root');
  writeTree(root, bigHost(nicCount, vfsOfEach));
  // Loaded before anything else in both processes, it leaves behind what the process has used.
  const meter = join(folder, 'meter.cjs');
  const reading = join(folder, 'reading');
  writeFileSync(
    meter,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(reading)}, JSON.stringify(process.resourceUsage())));\n`,
  );
  const cpuMs = (args: readonly string[], expected: RegExp): number => {
    rmSync(reading, { force: true });
    const result = spawnSync(process.execPath, ['--require', meter, ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (result.status !== 0 || !expected.test(result.stdout)) {
      throw new Error(`node ${args.join(' ')} ended with ${result.status ?? result.signal}\n${result.stderr}`);
    }
    const { userCPUTime, systemCPUTime } = JSON.parse(readFileSync(reading, 'utf8'));
    return (userCPUTime + systemCPUTime) / 1000;
  };
  const bare = () => cpuMs(['-e', ''], /^$/);
  const detect = () => cpuMs([cli, 'detect', '--root', root, '-o', 'json'], /^\{/);

  bare();
  detect(); // warms the caches
  const pairs = Array.from({ length: rounds }, () => ({ bare: bare(), detect: detect() }));
  const above = pairs.map((pair) => pair.detect - pair.bare);
  const { median, min, max } = summarize(above);
  const within = median <= limitMs;
  const line = (name: string, values: readonly number[]) => {
    const of = summarize(values);
    const cells = [of.median, of.min, of.max].map((ms) => `${ms.toFixed(1)} ms`.padStart(10)).join('');
    process.stdout.write(`${name.padEnd(36)}${cells}\n`);
  };
  process.stdout.write(
    `${'CPU time, user and system'.padEnd(36)}${'median'.padStart(10)}${'min'.padStart(10)}${'max'.padStart(10)}\n`,
  );
  line(
    "node -e ''",
    pairs.map((pair) => pair.bare),
  );
  line(
    'vdpactl detect --root, 256 functions',
    pairs.map((pair) => pair.detect),
  );
  line('above', above);
  process.stdout.write(`limit ${limitMs} ms: ${within ? 'within' : 'OVER'}\n`);
  process.stdout.write(
    `${JSON.stringify({
      schemaVersion,
      kind: 'detect',
      node: process.versions.node,
      rounds,
      functions: nicCount * (1 + vfsOfEach),
      limitMs,
      aboveNodeMs: { median, min, max, ci95: medianConfidenceInterval(above) },
      within,
    })}\n`,
  );
  process.exitCode = within ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
