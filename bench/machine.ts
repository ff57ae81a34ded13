// SPDX-License-Identifier: Apache-2.0
import { cpus, loadavg } from 'node:os';

/** On what a measurement was made, in a line: no number without its conditions. */
export function machineText(): string {
  const [first] = cpus();
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${cpus().length} CPUs (${first?.model.trim() ?? 'unknown'}), load ${load}, Node.js ${process.versions.node}`;
}
