// SPDX-License-Identifier: Apache-2.0
import { hasProcess } from '../../dataplane/contract/backend-spec.ts';
import { longestSocketPath, type RunDir } from '../../dataplane/contract/run-dir.ts';
import { type CheckFacts, type MachineFacts, noFacts } from '../check/facts.ts';
import type { BenchConfig, Config } from '../config/config-schema.ts';
import { messageOf } from '../errors/vdpa-error.ts';
import { freeSpace } from '../files/free-space.ts';
import { interfaceFacts } from '../platform/network/interface-facts.ts';
import { markedProcesses } from '../process/process-table.ts';
import type { PlannedStack } from './plan-stack.ts';
import { checkRunDir, readStack } from './stack-files.ts';
import { missingBuildTools } from './workload-programs.ts';

/**
 * What l3fwd's routing tables take, MiB, whatever is in them: one of 2^24 entries of 4 bytes for each of IPv4 and IPv6, and
 * for IPv6 65,536 groups of 256 entries more (`IPV6_L3FWD_LPM_NUMBER_TBL8S` in its source), each table in one piece.
 */
const l3fwdTablesMiB = 192;

/** The memory of l3fwd, MiB: all of it taken at its start, so that it does not have to find more half-way. */
export function l3fwdMemory(bench: BenchConfig): number {
  return bench.memoryMiB + l3fwdTablesMiB;
}

/** The memory of the processes that a benchmark starts beside the stack, MiB each: the workload and the generator. */
export function benchMemory(bench: BenchConfig): number[] {
  return [l3fwdMemory(bench), bench.memoryMiB];
}

/** Everything that the checks judge for a deployment on this machine, with a benchmark on top. */
export function gatherFacts(
  dir: RunDir,
  planned: PlannedStack,
  config: Config,
  env: NodeJS.ProcessEnv,
  withBench = true,
): CheckFacts {
  return { ...noFacts, machine: stackFacts(dir, planned, config, env, withBench) };
}

/** Everything that the checks of the stack on this machine judge. */
export function stackFacts(
  dir: RunDir,
  planned: PlannedStack,
  config: Config,
  env: NodeJS.ProcessEnv,
  withBench: boolean,
): MachineFacts {
  const running = new Set(markedProcesses(dir.root).map((found) => found.role));
  const held = (readStack(dir)?.backends ?? [])
    .filter(hasProcess)
    .filter((backend) => running.has(`backend:${backend.device}`));
  const backends = planned.stack.backends.filter(hasProcess);
  const netdev = config.local.interface;
  const { cpus } = planned.stack;
  return {
    report: planned.report,
    isRoot: process.getuid?.() === 0,
    dpdk: planned.dpdk,
    missingBuildTools: missingBuildTools(env),
    memoryMiB: [...backends.map((backend) => backend.memoryMiB), ...(withBench ? benchMemory(config.bench) : [])],
    heldMiB: held.map((backend) => backend.memoryMiB),
    // DPDK's vDPA example only waits for the NIC.
    pollers: backends.filter(({ backend }) => backend === 'testpmd').length + 2,
    pollerCpus: [...new Set([...cpus.backends, cpus.workload, cpus.generator])],
    wireInterface: netdev === null ? null : { name: netdev, ...interfaceFacts(netdev, { env }) },
    runDir: dir.root,
    runDirProblem: problemOf(() => checkRunDir(dir)),
    longestSocketPath: Buffer.byteLength(longestSocketPath(dir)),
    freeMiB: freeSpace(dir.root)?.mib ?? null,
  };
}

function problemOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
