// SPDX-License-Identifier: Apache-2.0
import { type BackendSpec, hasProcess } from '../../dataplane/contract/backend-spec.ts';
import { longestSocketPath, maxSocketPathBytes, type RunDir, runDir } from '../../dataplane/contract/run-dir.ts';
import { type CpuPlan, planCpus } from '../backends/cpu-plan.ts';
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import { schemaVersion } from '../schema-version.ts';
import { backendSpecs, chosenCpus } from './backend-specs.ts';

/** The stack of one machine: what `deploy` writes and starts, and nothing else. */
export interface LocalStack {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'LocalStack';
  readonly runDir: string;
  readonly decision: Decision;
  readonly backends: readonly BackendSpec[];
  readonly cpus: CpuPlan;
  /** Huge-page memory that the backends take, MiB. A workload comes on top. */
  readonly memoryMiB: number;
}

export interface LocalStackInput {
  readonly report: NodeReport;
  readonly decision: Decision;
  readonly config: Config;
  readonly runDir: string;
  /** The CPUs that this process may use; those of the node where it is not known. */
  readonly allowedCpus?: readonly number[];
  /** The testpmd to run: a name to look up in PATH, or a path. */
  readonly testpmd: string;
  /** The program that DPDK builds of its vDPA example. */
  readonly dpdkVdpa?: string;
}

/** Renders the stack of this machine. Pure: the same input gives the same bytes. Throws VDPA-PATH-001. */
export function renderLocalStack(input: LocalStackInput): LocalStack {
  const { report, decision, config } = input;
  const dir = runDir(input.runDir);
  checkSocketPaths(dir);
  const allowed = input.allowedCpus ?? report.node.cpus.online;
  const facts = { allowed, isolated: report.node.cpus.isolated };
  const cpus = planCpus(facts, decision.devices.length, chosenCpus(decision, config).cpus);
  const { testpmd, dpdkVdpa } = input;
  const programs = { testpmd, ...(dpdkVdpa === undefined ? {} : { dpdkVdpa }) };
  const backends = backendSpecs({
    report,
    decision,
    config,
    dir,
    cpuOf: (index) => cpus.backends[index] ?? 0,
    ...programs,
  });
  return {
    schemaVersion,
    kind: 'LocalStack',
    runDir: dir.root,
    decision,
    backends,
    cpus,
    memoryMiB: backends.filter(hasProcess).reduce((sum, backend) => sum + backend.memoryMiB, 0),
  };
}

function checkSocketPaths(dir: RunDir): void {
  const longest = longestSocketPath(dir);
  const bytes = Buffer.byteLength(longest);
  if (bytes <= maxSocketPathBytes) return;
  throw new VdpaError(
    'VDPA-PATH-001',
    `a socket below it would have a path of ${bytes} bytes, and Linux takes ${maxSocketPathBytes}`,
    {
      where: dir.root,
      next: `choose a run directory that is at least ${bytes - maxSocketPathBytes} bytes shorter`,
    },
  );
}
