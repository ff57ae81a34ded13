// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';

import {
  type BackendStatus,
  backendStatusSchema,
  hasProcess,
  type KernelSpec,
} from '../../dataplane/contract/backend-spec.ts';
import { logFile, type RunDir, statusFile } from '../../dataplane/contract/run-dir.ts';
import { specHash } from '../../dataplane/contract/spec-store.ts';
import { readJsonFile } from '../files/json-file.ts';
import { isAlive, type MarkedProcess, markedProcesses } from '../process/process-table.ts';
import { schemaVersion } from '../schema-version.ts';
import { AgentClient } from './agent-client.ts';
import { requireRoot } from './require-root.ts';
import { readStack, runDirExists, type StoredStack } from './stack-files.ts';

export interface PartStatus {
  readonly name: string;
  readonly running: boolean;
  readonly pid: number | null;
  /** What is wrong with it, or null. */
  readonly problem: string | null;
  readonly log: string;
}

export interface DeviceStatus {
  readonly device: string;
  readonly backend: string;
  readonly wire: { readonly kind: string; readonly at: string | null };
  readonly state: BackendStatus['state'];
  readonly pid: number | null;
  readonly restarts: number;
  readonly since: string | null;
  readonly lastExit: BackendStatus['lastExit'];
  /** Of its backend since that started; null: nothing is counted. */
  readonly counters: BackendStatus['counters'];
  /** The workload that has it; null when it is free or the agent cannot be asked. */
  readonly workload: string | null;
  readonly problem: string | null;
  readonly log: string;
}

export interface StackStatus {
  readonly schemaVersion: typeof schemaVersion;
  readonly runDir: string;
  /** `absent`: nothing is there. `healthy`: all that was deployed runs. `degraded`: something does not, or is left over. */
  readonly state: 'absent' | 'healthy' | 'degraded';
  readonly provider: string | null;
  readonly backend: string | null;
  readonly parts: readonly PartStatus[];
  readonly devices: readonly DeviceStatus[];
  /** Processes of the stack that nothing accounts for, such as a benchmark's after a kill. */
  readonly strays: readonly { readonly role: string; readonly pid: number }[];
  readonly problems: readonly string[];
}

/**
 * What runs of the stack in `dir`: by the process table and by asking the agent, not by what was once written down. Throws
 * VDPA-ROOT-001.
 */
export async function stackStatus(dir: RunDir): Promise<StackStatus> {
  requireRoot();
  const stack = readStack(dir);
  const processes = markedProcesses(dir.root);
  if (stack === null) return withoutStack(dir, processes);
  const holders = await askHolders(dir);
  const parts = [agentStatus(dir, processes, holders), supervisorStatus(dir, processes)];
  const devices = stack.backends.map((backend) => deviceStatus(dir, backend, processes, holders));
  const known = new Set(['agent', 'supervisor', ...devices.map((device) => `backend:${device.device}`)]);
  const strays = processes.filter((found) => !known.has(found.role)).map(({ role, pid }) => ({ role, pid }));
  const problems = [...parts, ...devices].flatMap((part) => (part.problem === null ? [] : [part.problem]));
  return {
    schemaVersion,
    runDir: dir.root,
    state: problems.length === 0 ? 'healthy' : 'degraded',
    provider: stack.decision.provider,
    backend: stack.decision.backend,
    parts,
    devices,
    strays,
    problems,
  };
}

function withoutStack(dir: RunDir, processes: readonly MarkedProcess[]): StackStatus {
  const strays = processes.map(({ role, pid }) => ({ role, pid }));
  const problems = [
    ...(strays.length > 0 ? ['processes of an earlier stack are still running'] : []),
    ...(runDirExists(dir) ? [`${dir.root} is there but holds no readable stack.json`] : []),
  ];
  return {
    schemaVersion,
    runDir: dir.root,
    state: problems.length === 0 ? 'absent' : 'degraded',
    provider: null,
    backend: null,
    parts: [],
    devices: [],
    strays,
    problems,
  };
}

/** Which workload has which device, or why the agent does not say. */
async function askHolders(dir: RunDir): Promise<Map<string, string> | string> {
  const client = new AgentClient(dir);
  try {
    return new Map((await client.attachments()).map((attachment) => [attachment.device, attachment.workload]));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.close();
  }
}

function agentStatus(
  dir: RunDir,
  processes: readonly MarkedProcess[],
  holders: Map<string, string> | string,
): PartStatus {
  const found = processes.find((candidate) => candidate.role === 'agent') ?? null;
  const silent = typeof holders === 'string' ? `the agent runs but does not answer: ${holders}` : null;
  return {
    name: 'agent',
    running: found !== null,
    pid: found?.pid ?? null,
    problem: found === null ? 'the agent is not running' : silent,
    log: logFile(dir, 'agent'),
  };
}

function supervisorStatus(dir: RunDir, processes: readonly MarkedProcess[]): PartStatus {
  const found = processes.find((candidate) => candidate.role === 'supervisor') ?? null;
  return {
    name: 'supervisor',
    running: found !== null,
    pid: found?.pid ?? null,
    problem: found === null ? 'the supervisor is not running: no backend would be started again' : null,
    log: logFile(dir, 'supervisor'),
  };
}

function deviceStatus(
  dir: RunDir,
  spec: StoredStack['backends'][number],
  processes: readonly MarkedProcess[],
  holders: Map<string, string> | string,
): DeviceStatus {
  const workload = typeof holders === 'string' ? null : (holders.get(spec.device) ?? null);
  if (!hasProcess(spec)) return kernelDeviceStatus(dir, spec, workload);
  const status = readJsonFile(statusFile(dir, spec.device), backendStatusSchema);
  const found = processes.find((candidate) => candidate.role === `backend:${spec.device}`) ?? null;
  const recorded =
    status?.pid != null && status.startTicks !== null ? { pid: status.pid, startTicks: status.startTicks } : null;
  const current = recorded !== null && isAlive(recorded) && status?.specHash === specHash(spec);
  const state =
    found === null
      ? status?.state === 'backing-off'
        ? 'backing-off'
        : 'stopped'
      : current && status !== null
        ? status.state
        : 'starting';
  return {
    device: spec.device,
    backend: spec.backend,
    wire: spec.wire,
    state,
    pid: found?.pid ?? null,
    restarts: status?.restarts ?? 0,
    since: status?.since ?? null,
    lastExit: status?.lastExit ?? null,
    counters: found === null ? null : (status?.counters ?? null),
    workload,
    problem: state === 'running' ? null : `the backend of ${spec.device} is ${state}`,
    log: logFile(dir, spec.device),
  };
}

/** A device that the kernel hands out is up for as long as its character device is there. */
function kernelDeviceStatus(dir: RunDir, spec: KernelSpec, workload: string | null): DeviceStatus {
  const there = existsSync(spec.path);
  return {
    device: spec.device,
    backend: spec.backend,
    wire: spec.wire,
    state: there ? 'running' : 'stopped',
    pid: null,
    restarts: 0,
    since: null,
    lastExit: null,
    counters: null,
    workload,
    problem: there ? null : `${spec.path} of ${spec.device} is gone: vdpactl node prepare makes it again`,
    log: logFile(dir, 'agent'),
  };
}
