// SPDX-License-Identifier: Apache-2.0
// The tests of the data plane on this machine: they need root, DPDK and huge pages, and say so where they cannot run.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missingPages } from '../quickstart/huge-page-need.mjs';
import { skipped } from './outcome.mjs';
import { hasProgram, root, runTool, runToTidyUp } from './run-tool.mjs';
import { runVitest } from './vitest.mjs';

/** What the largest of these tests deploys, beside a workload and a generator. */
const devices = 2;
const holder = 'npm-test';
const hugePages = 'scripts/quickstart/huge-pages.sh';

export async function localTests() {
  const why = whyNot();
  if (why !== null) return skipped(why);
  let setAside;
  try {
    setAside = await setAsidePages();
  } catch (error) {
    return skipped(error.message);
  }
  try {
    return await runVitest('local');
  } finally {
    if (setAside) await runToTidyUp(hugePages, ['put-back', holder]);
  }
}

function whyNot() {
  const bring = './quickstart --install-only brings it';
  if (!hasTests()) return 'there are none yet';
  if (process.platform !== 'linux') return `needs Linux; this is ${process.platform}`;
  if (process.getuid() !== 0) return 'needs root: run it as root, or with sudo';
  if (!hasProgram('dpdk-testpmd')) return `needs DPDK; ${bring}`;
  const tool = ['cc', 'make', 'pkg-config'].find((program) => !hasProgram(program));
  if (tool !== undefined) return `needs ${tool}; ${bring}`;
  if (!existsSync(join(root, 'dist', 'cli.js'))) return 'needs the build';
  return null;
}

function hasTests() {
  const folder = join(root, 'test', 'local');
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.test.ts'));
}

/** Whether pages were added. Throws with the reason where too few are free and no more can be had. */
async function setAsidePages() {
  const check = ['check', '--provider', 'local', '--devices', `${devices}`, '--only', 'VDPA-HUGE-001', '-o', 'json'];
  const { stdout } = await runTool(process.execPath, [join(root, 'bin', 'vdpactl.js'), ...check]);
  const missing = missingPages(JSON.parse(stdout));
  if (missing === null) return false;
  const request = ['set-aside', holder, `${process.pid}`, missing.file, `${missing.pages}`];
  const result = await runToTidyUp(hugePages, request);
  if (result.exitCode !== 0) throw new Error(result.output.trim());
  return true;
}
