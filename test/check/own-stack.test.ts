// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { noFacts } from '../../src/check/facts.ts';
import { parseManifests } from '../../src/check/manifests/parse-manifests.ts';
import { readManifests } from '../../src/check/manifests/read-manifests.ts';
import { runChecks } from '../../src/check/run-checks.ts';

const golden = new URL('../templates/kubernetes/golden/', import.meta.url).pathname;

it.each(readdirSync(golden))('finds nothing wrong with what vdpactl renders itself: %s', async (name) => {
  const manifests = parseManifests(await readManifests([name], golden, []));
  const rows = runChecks({ ...noFacts, manifests });
  expect(rows.filter(({ level }) => level === 'warn' || level === 'fail')).toEqual([]);
  expect(rows.filter(({ level }) => level === 'pass').length).toBeGreaterThan(10);
});
