// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { run } from '../../../src/process/run.ts';

const script = fileURLToPath(new URL('../../../scripts/quickstart/huge-pages.sh', import.meta.url));
const pool = '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';
/** Several runs may overlap, each with pages of its own. */
const holder = `lab-cluster-e2e-${process.pid}`;

/** Sets huge pages aside on this machine; null: done, else why it cannot be. Kubelet sees those that are there at its start. */
export async function setAsideHugePages(mib: number): Promise<string | null> {
  const result = await run(script, ['set-aside', holder, `${process.pid}`, pool, `${mib / 2}`]);
  return result.exitCode === 0 ? null : result.all.trim();
}

/** Why this machine has not as many to give; null: it has. */
export async function whyNoHugePages(mib: number): Promise<string | null> {
  const why = await setAsideHugePages(mib);
  if (why === null) await putBackHugePages();
  return why;
}

export async function putBackHugePages(): Promise<void> {
  const result = await run(script, ['put-back', holder]);
  if (result.exitCode !== 0) throw new Error(result.all);
}
