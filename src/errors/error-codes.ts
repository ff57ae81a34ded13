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
  'VDPA-BUNDLE-001': { title: 'The saved probe cannot be read', exit: exitCode.usage },
  'VDPA-BUNDLE-002': { title: 'The saved probe is damaged, or holds what no probe saves', exit: exitCode.usage },
  'VDPA-BUNDLE-003': { title: 'The file holds no report that vdpactl understands', exit: exitCode.usage },
  'VDPA-BUNDLE-004': { title: 'The probe cannot be saved', exit: exitCode.usage },
  'VDPA-SSH-001': { title: 'A host cannot be reached by ssh', exit: exitCode.unreachable },
  'VDPA-SSH-002': { title: 'A host answers by ssh, but not what was asked', exit: exitCode.unreachable },
  'VDPA-SSH-003': { title: 'A host did not answer by ssh in time', exit: exitCode.timeout },
  'VDPA-CLUSTER-001': { title: 'There is no kubeconfig that leads to a cluster', exit: exitCode.usage },
  'VDPA-CLUSTER-002': { title: 'The API server cannot be reached', exit: exitCode.unreachable },
  'VDPA-CLUSTER-003': { title: 'The cluster does not allow it', exit: exitCode.refused },
  'VDPA-CLUSTER-004': { title: 'The cluster does not take the credentials', exit: exitCode.unreachable },
  'VDPA-CLUSTER-005': { title: 'The API server did not answer in time', exit: exitCode.timeout },
  'VDPA-CLUSTER-006': { title: 'The API server refused a request', exit: exitCode.refused },
  'VDPA-CLUSTER-007': { title: 'A pod of vdpactl does not run on a node', exit: exitCode.unreachable },
  'VDPA-CLUSTER-008': {
    title: 'A pod of vdpactl answered something that is no answer',
    exit: exitCode.unreachable,
  },
  'VDPA-CLUSTER-009': { title: 'No node is selected', exit: exitCode.usage },
  'VDPA-KUBERNETES-001': { title: 'The cluster runs a version of Kubernetes that is too old', exit: exitCode.refused },
  'VDPA-SYSDUMP-001': { title: 'The sysdump cannot be written', exit: exitCode.usage },
  'VDPA-PROVIDER-001': { title: 'The provider cannot be used here', exit: exitCode.usage },
  'VDPA-PROVIDER-002': { title: 'This provider has no stack for one machine', exit: exitCode.usage },
  'VDPA-PROVIDER-003': { title: 'A NIC is not prepared', exit: exitCode.refused },
  'VDPA-UPLINK-001': { title: 'The interface is an uplink', exit: exitCode.refused },
  'VDPA-WIRE-001': { title: 'The interface for the wire cannot be used', exit: exitCode.usage },
  'VDPA-ROOT-001': { title: 'Root is needed', exit: exitCode.refused },
  'VDPA-DPDK-001': { title: 'DPDK is not installed', exit: exitCode.refused },
  'VDPA-DPDK-002': { title: 'The data-plane programs cannot be built', exit: exitCode.refused },
  'VDPA-HUGE-001': { title: 'There are not enough huge pages', exit: exitCode.refused },
  'VDPA-DISK-001': { title: 'There is no room left to write', exit: exitCode.refused },
  'VDPA-PATH-001': { title: 'A socket path is too long', exit: exitCode.usage },
  'VDPA-RENDER-001': { title: 'No stack can be made for these nodes', exit: exitCode.usage },
  'VDPA-CHECK-001': { title: 'The manifests to check cannot be read', exit: exitCode.usage },
  'VDPA-LOCK-001': { title: 'Another vdpactl is at work', exit: exitCode.refused },
  'VDPA-LOCK-002': { title: 'The right to change the stack was lost', exit: exitCode.refused },
  'VDPA-RUNDIR-001': { title: 'The run directory cannot be used', exit: exitCode.refused },
  'VDPA-NODE-001': { title: 'The node is not as it was planned', exit: exitCode.refused },
  'VDPA-NODE-002': { title: 'A device cannot be bound', exit: exitCode.refused },
  'VDPA-NODE-003': { title: 'The kernel lacks what a device needs', exit: exitCode.refused },
  'VDPA-NODE-004': { title: 'A virtual function or a vDPA device cannot be made', exit: exitCode.refused },
  'VDPA-NODE-005': { title: 'The node could not be put back in full', exit: exitCode.refused },
  'VDPA-NODE-006': { title: 'The record of what was done to the node cannot be used', exit: exitCode.refused },
  'VDPA-NODE-007': { title: 'Something of the stack is still in use on the node', exit: exitCode.refused },
  'VDPA-AGENT-001': { title: 'The node agent does not answer', exit: exitCode.unreachable },
  'VDPA-AGENT-002': { title: 'The node agent refused', exit: exitCode.refused },
  'VDPA-DEPLOY-001': { title: 'Nothing is deployed', exit: exitCode.refused },
  'VDPA-DEPLOY-002': { title: 'A part of the stack did not become ready in time', exit: exitCode.timeout },
  'VDPA-DEPLOY-003': { title: 'A part of the stack does not start', exit: exitCode.refused },
  'VDPA-DEPLOY-004': { title: 'No node of the cluster can be used', exit: exitCode.refused },
  'VDPA-DEPLOY-005': { title: 'Some nodes could not be looked at', exit: exitCode.unreachable },
  'VDPA-STACK-001': { title: 'An object is there already, and not part of this stack', exit: exitCode.refused },
  'VDPA-STACK-002': { title: 'Another manager has fields that the stack sets', exit: exitCode.refused },
  'VDPA-STACK-003': { title: 'The API server rejects an object of the stack', exit: exitCode.refused },
  'VDPA-STACK-004': { title: 'The cluster is not as it was when the plan was made', exit: exitCode.refused },
  'VDPA-STACK-005': { title: 'A newer vdpactl deployed this stack', exit: exitCode.refused },
  'VDPA-STACK-007': { title: 'Workloads use the stack', exit: exitCode.refused },
  'VDPA-PLAN-001': { title: 'The saved plan cannot be used', exit: exitCode.usage },
  'VDPA-PLAN-002': { title: 'The plan cannot be saved', exit: exitCode.usage },
  'VDPA-DESTROY-001': { title: 'Something could not be removed', exit: exitCode.refused },
  'VDPA-BENCH-001': { title: 'No packet came back', exit: exitCode.findings },
  'VDPA-BENCH-002': { title: 'The workload did not start', exit: exitCode.refused },
  'VDPA-BENCH-003': { title: 'The traffic generator did not start', exit: exitCode.refused },
  'VDPA-BENCH-004': { title: 'The traffic generator stopped answering', exit: exitCode.timeout },
  'VDPA-BENCH-005': { title: 'The path did not last as long as the measurement', exit: exitCode.findings },
  'VDPA-BENCH-006': { title: 'The backend cannot be measured', exit: exitCode.usage },
  'VDPA-REPORT-001': { title: 'The report cannot be written', exit: exitCode.usage },
  'VDPA-INT-001': { title: 'Interrupted', exit: exitCode.interrupted },
  'VDPA-BUG-001': { title: 'A fault in vdpactl itself', exit: exitCode.bug },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
