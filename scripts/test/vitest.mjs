// SPDX-License-Identifier: Apache-2.0
// Runs one vitest project and counts its tests by vitest's own report.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from './run-tool.mjs';

export async function runVitest(project) {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-test-'));
  const report = join(folder, 'report.json');
  try {
    const result = await runScript('vitest/vitest.mjs', [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    return outcomeOf(result, readReport(report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}

/** A file that cannot even be loaded has no tests to count: it counts as one that failed. */
function outcomeOf({ exitCode, output }, report) {
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = report.numFailedTests + broken.length;
  const skipped = report.numPendingTests + report.numTodoTests;
  const note = [
    `${report.numPassedTests} tests`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
  // Vitest fails for more than tests, such as an error that nobody awaited.
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped,
    note,
    output,
  };
}
