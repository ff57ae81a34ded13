// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';

/** The same cases in every run; a fault that they show can be shown again. */
fc.configureGlobal({ seed: 2544, numRuns: 300 });

const folder = new URL('../fixtures/testpmd/', import.meta.url);

/** The text of a captured run of testpmd or l3fwd. */
export function testpmdFixture(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

/** The names of all captured runs, `eal/…` included. */
export function testpmdFixtures(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'));
}
