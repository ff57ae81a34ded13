// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import type { InterfaceFacts } from '../platform/network/interface-facts.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import type { ClusterFacts } from './cluster/cluster-facts.ts';
import type { ParsedManifests } from './manifests/parsed-manifests.ts';

/** All that the checks judge. Gathered once, at the edge; the checks themselves read nothing. */
export interface CheckFacts {
  /** For the stack on this machine (provider local); null where that is not what is asked about. */
  readonly machine: MachineFacts | null;
  /** The nodes that were looked at: this machine, or those of captured reports. */
  readonly nodes: readonly NodeCheckFacts[];
  readonly manifests: ParsedManifests | null;
  readonly cluster: ClusterFacts | null;
}

/** Nothing was asked for yet. */
export const noFacts: CheckFacts = { machine: null, nodes: [], manifests: null, cluster: null };

/** A node, and what vdpactl would do with it. */
export interface NodeCheckFacts {
  readonly report: NodeReport;
  readonly decision: Decision;
  readonly config: Config;
  /** What only the running machine itself can tell; null for a captured one. */
  readonly live: LiveFacts | null;
}

export interface LiveFacts {
  /** RLIMIT_MEMLOCK of processes that matter: this one, and the container runtimes that run here. */
  readonly memlock: readonly MemlockLimit[];
  /** The path of iproute2's `vdpa`; null: there is none in PATH. */
  readonly vdpaTool: string | null;
}

export interface MemlockLimit {
  /** `this process`, or the name of a container runtime. */
  readonly of: string;
  /** null: unlimited. */
  readonly bytes: number | null;
}

/** Manifests, and the nodes that they are to fit. */
export interface ManifestFacts {
  readonly manifests: ParsedManifests;
  readonly nodes: readonly NodeCheckFacts[];
}

/** What a deployment on this machine, with a benchmark on top, finds and takes. */
export interface MachineFacts {
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
