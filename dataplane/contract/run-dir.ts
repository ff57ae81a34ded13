// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

/**
 * Where the parts of a node's stack meet. The command line, the agent, and the supervisor share this folder and
 * nothing else; every path in it is named here.
 */
export interface RunDir {
  readonly root: string;
  /** Says that the folder is ours to remove, and what is deployed. */
  readonly stack: string;
  /** The agent's gRPC socket. */
  readonly grpcSocket: string;
  /** Where the CNI plugin of a cluster's node asks the agent. */
  readonly cniSocket: string;
  /** Desired state, one file a backend; `<device>.status.json` beside it is the supervisor's answer. */
  readonly backends: string;
  /** One folder a workload: eal.args, attachments.json, netN/vhost.sock. */
  readonly workloads: string;
  /**
   * Where backends look for workloads. On one machine: one link a device, to the netN folder of the attachment that has
   * it. On a node of a cluster: one mount a device, on which the attachment's folder is mounted.
   */
  readonly devices: string;
  /** On a node of a cluster, what pods have: one folder a pod, one record an interface. */
  readonly attachments: string;
  /** The sockets of memif wires. */
  readonly wires: string;
  /** The workload's files of a benchmark that is running. */
  readonly bench: string;
  /** What DPDK keeps for itself while it runs. */
  readonly dpdk: string;
  readonly logs: string;
  /** On a node of a cluster, what the agent made of it: which devices it offers, and what stands in the way of others. */
  readonly node: string;
}

export function runDir(root: string): RunDir {
  return {
    root,
    stack: join(root, 'stack.json'),
    grpcSocket: join(root, 'vdpa.sock'),
    cniSocket: join(root, 'cni.sock'),
    backends: join(root, 'backends'),
    workloads: join(root, 'workloads'),
    devices: join(root, 'dev'),
    attachments: join(root, 'attachments'),
    wires: join(root, 'wires'),
    bench: join(root, 'bench'),
    dpdk: join(root, 'dpdk'),
    logs: join(root, 'log'),
    node: join(root, 'node.json'),
  };
}

export const specFile = (dir: RunDir, device: string): string => join(dir.backends, `${device}.json`);
export const statusFile = (dir: RunDir, device: string): string => join(dir.backends, `${device}.status.json`);
/** What a backend that has a prompt reads: a FIFO. */
export const inputFile = (dir: RunDir, device: string): string => join(dir.backends, `${device}.input`);
export const wireSocket = (dir: RunDir, device: string): string => join(dir.wires, `${device}.sock`);
export const logFile = (dir: RunDir, part: string): string => join(dir.logs, `${part}.log`);
/** Where the backend of a device looks for the workload's socket. */
export const deviceSocket = (dir: RunDir, device: string): string => join(dir.devices, device, 'vhost.sock');
export const workloadDir = (dir: RunDir, workload: string): string => join(dir.workloads, workload);

/** Held by the supervisor for as long as it lives, which is how others know that what it wrote still holds. */
export const supervisorLock = (root: string): string => `supervisor:${root}`;

/** The longest path that fits in `sockaddr_un.sun_path` with its NUL: 108 bytes on Linux, unix(7). */
export const maxSocketPathBytes = 107;

/** The longest name of a workload: with the longest run directory in use, all its socket paths still fit. */
export const maxWorkloadName = 24;
export const workloadNamePattern = /^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$/;
/** A workload has at most this many interfaces: `net1` to `net99`. */
export const maxInterfaces = 99;
export const interfaceNamePattern = /^net[1-9][0-9]?$/;

/** The longest socket path that this folder can lead to, for the check before anything is made. */
export function longestSocketPath(dir: RunDir): string {
  return join(dir.workloads, 'w'.repeat(maxWorkloadName), `net${maxInterfaces}`, 'vhost.sock');
}
