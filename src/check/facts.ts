// SPDX-License-Identifier: Apache-2.0
import type { InterfaceFacts } from '../platform/network/interface-facts.ts';
import type { NodeReport } from '../platform/node-report.ts';

/** All that the checks judge. Gathered once, at the edge; the checks themselves read nothing. */
export interface CheckFacts {
  readonly report: NodeReport;
  readonly isRoot: boolean;
  /** The testpmd found and its version; null: none. */
  readonly dpdk: { readonly testpmd: string; readonly version: string | null } | null;
  /** What building the data-plane programs needs and is not there. */
  readonly missingBuildTools: readonly string[];
  /** The huge-page memory that each process will take, MiB, one entry a process. */
  readonly memoryMiB: readonly number[];
  /** Huge-page memory that each running backend of this stack holds and a redeploy gives back, MiB. */
  readonly heldMiB: readonly number[];
  /** Busy-polling processes: the backends, the workload, the generator. */
  readonly pollers: number;
  /** The CPUs that these poll on, each once. */
  readonly pollerCpus: readonly number[];
  /** The interface for wire af_packet; null for other wires. */
  readonly wireInterface: (InterfaceFacts & { readonly name: string }) | null;
  readonly runDir: string;
  /** Why the run directory cannot be used; null when it can. */
  readonly runDirProblem: string | null;
  /** The longest socket path below the run directory, bytes. */
  readonly longestSocketPath: number;
  /** Room on the file system of the run directory, MiB; null when it cannot be told. */
  readonly freeMiB: number | null;
}
