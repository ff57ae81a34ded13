// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { cpuPlaceholder, type ProcessSpec } from '../contract/backend-spec.ts';
import type { RunDir } from '../contract/run-dir.ts';

/** What is started for a backend. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
}

/** Whether who starts the backend has to choose its CPU. */
export function wantsCpu({ args }: ProcessSpec): boolean {
  return args.some((arg) => arg.includes(cpuPlaceholder));
}

/**
 * The command of a backend on `cpu`, through `isolate` where that is given: the backend then sees the folder of its own
 * device, of the run directory nothing else but what it needs for its wire, and of the pods nothing at all.
 */
export function launchOf(dir: RunDir, spec: ProcessSpec, isolate: string | null, cpu: number | null): Launch {
  const args = cpu === null ? spec.args : spec.args.map((arg) => arg.replaceAll(cpuPlaceholder, String(cpu)));
  if (isolate === null) return { program: spec.program, args };
  const keep = spec.wire.kind === 'memif' ? ['--keep', dir.wires] : [];
  const device = ['--device-dir', join(dir.devices, spec.device)];
  return { program: isolate, args: [...device, ...keep, '--', spec.program, ...args] };
}
