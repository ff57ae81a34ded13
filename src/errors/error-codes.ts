// SPDX-License-Identifier: Apache-2.0

/** Exit codes of the command line. The table in docs/cli.md says when each is used. */
export const exitCode = {
  ok: 0,
  findings: 1,
  usage: 2,
  unreachable: 3,
  timeout: 4,
  refused: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

interface ErrorCodeEntry {
  /** What went wrong in general; the error itself says what went wrong here. */
  readonly title: string;
  readonly exit: ExitCode;
}

/** Every error a user can meet. docs/troubleshooting.md has one section a code; a test holds the two together. */
export const errorCodes = {
  'VDPA-USAGE-001': { title: 'The command line is not understood', exit: exitCode.usage },
  'VDPA-CONFIG-001': { title: 'The config file cannot be read', exit: exitCode.usage },
  'VDPA-CONFIG-002': { title: 'The config file is not valid YAML', exit: exitCode.usage },
  'VDPA-CONFIG-003': { title: 'The config file says something that vdpactl does not understand', exit: exitCode.usage },
  'VDPA-CONFIG-004': { title: 'A file is in the way of one that should be written', exit: exitCode.usage },
  'VDPA-CONFIG-005': { title: 'The config file cannot be written', exit: exitCode.usage },
  'VDPA-PLATFORM-001': { title: 'There is no system to read below the given root', exit: exitCode.usage },
  'VDPA-PROVIDER-001': { title: 'The provider cannot be used here', exit: exitCode.usage },
  'VDPA-UPLINK-001': { title: 'The interface is an uplink', exit: exitCode.refused },
  'VDPA-WIRE-001': { title: 'The interface for the wire cannot be used', exit: exitCode.usage },
  'VDPA-ROOT-001': { title: 'Root is needed', exit: exitCode.refused },
  'VDPA-DPDK-001': { title: 'DPDK is not installed', exit: exitCode.refused },
  'VDPA-DPDK-002': { title: 'The data-plane programs cannot be built', exit: exitCode.refused },
  'VDPA-HUGE-001': { title: 'There are not enough huge pages', exit: exitCode.refused },
  'VDPA-DISK-001': { title: 'There is no room left to write', exit: exitCode.refused },
  'VDPA-PATH-001': { title: 'A socket path is too long', exit: exitCode.usage },
  'VDPA-LOCK-001': { title: 'Another vdpactl is at work', exit: exitCode.refused },
  'VDPA-RUNDIR-001': { title: 'The run directory cannot be used', exit: exitCode.refused },
  'VDPA-AGENT-001': { title: 'The node agent does not answer', exit: exitCode.unreachable },
  'VDPA-AGENT-002': { title: 'The node agent refused', exit: exitCode.refused },
  'VDPA-DEPLOY-001': { title: 'Nothing is deployed', exit: exitCode.refused },
  'VDPA-DEPLOY-002': { title: 'A part of the stack did not become ready in time', exit: exitCode.timeout },
  'VDPA-DEPLOY-003': { title: 'A part of the stack does not start', exit: exitCode.refused },
  'VDPA-DESTROY-001': { title: 'Something could not be removed', exit: exitCode.refused },
  'VDPA-BENCH-001': { title: 'No packet came back', exit: exitCode.findings },
  'VDPA-BENCH-002': { title: 'The workload did not start', exit: exitCode.refused },
  'VDPA-BENCH-003': { title: 'The traffic generator did not start', exit: exitCode.refused },
  'VDPA-BENCH-004': { title: 'The traffic generator stopped answering', exit: exitCode.timeout },
  'VDPA-BENCH-005': { title: 'The path did not last as long as the measurement', exit: exitCode.findings },
  'VDPA-REPORT-001': { title: 'The report cannot be written', exit: exitCode.usage },
  'VDPA-INT-001': { title: 'Interrupted', exit: exitCode.interrupted },
  'VDPA-BUG-001': { title: 'A fault in vdpactl itself', exit: exitCode.bug },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
