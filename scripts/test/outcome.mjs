// SPDX-License-Identifier: Apache-2.0
// What a stage came to: counts of tests, a word on it, and what its tools printed.

export const passed = (count = 1, note = '') => ({ passed: count, failed: 0, skipped: 0, note, output: '' });
export const failed = (output, note = '') => ({ passed: 0, failed: 1, skipped: 0, note, output });
export const skipped = (why) => ({ passed: 0, failed: 0, skipped: 1, note: why, output: '' });

export function addUp(outcomes) {
  const sum = (key) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** The last line of the run; scripts read it. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function stageLine(name, outcome, tookMs) {
  const word = outcome.failed > 0 ? 'FAILED' : outcome.passed > 0 ? 'ok' : 'skipped';
  const note = outcome.note === '' ? '' : `  ${outcome.note}`;
  return `${name.padEnd(7)} ${word.padEnd(7)} ${(tookMs / 1000).toFixed(1).padStart(6)} s${note}`;
}
