// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { readTextFile } from '../files/write-atomic.ts';
import { parseCpuList } from '../platform/cpu-list.ts';
import { type Dpdk, installedDpdk } from '../platform/dpdk.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { probe } from '../platform/probe.ts';
import { decide } from '../providers/decide.ts';
import { type LocalStack, renderLocalStack } from '../templates/local-stack.ts';

export interface StackRequest {
  readonly runDir: string;
  readonly config: Config;
  /** The config keys that the user set. */
  readonly set: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface PlannedStack {
  readonly report: NodeReport;
  readonly dpdk: Dpdk | null;
  readonly stack: LocalStack;
}

/** Probe, decide, render: everything of a deployment that changes nothing. */
export async function planStack(request: StackRequest): Promise<PlannedStack> {
  const report = probe({ env: request.env });
  const dpdk = await installedDpdk(request.env);
  const decision = decide(report, request.config, request.set);
  const allowedCpus = cpusOfThisProcess() ?? report.node.cpus.online;
  checkChosenCpus(request.config, allowedCpus);
  const stack = renderLocalStack({
    report,
    decision,
    config: request.config,
    runDir: request.runDir,
    allowedCpus,
    testpmd: dpdk?.testpmd ?? 'dpdk-testpmd',
  });
  return { report, dpdk, stack };
}

/** The CPUs that the scheduler may put this process on: those of its cpuset and affinity. */
export function cpusOfThisProcess(): readonly number[] | null {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readTextFile('/proc/self/status') ?? '')?.[1];
  const allowed = list === undefined ? null : parseCpuList(list);
  return allowed === null || allowed.length === 0 ? null : allowed;
}

function checkChosenCpus(config: Config, allowed: readonly number[]): void {
  const wrong = (config.local.cpus ?? []).filter((cpu) => !allowed.includes(cpu));
  if (wrong.length === 0) return;
  throw new VdpaError('VDPA-CONFIG-003', `there is no CPU ${wrong.join(', ')} for this process to use`, {
    where: 'local.cpus',
    next: `choose from: ${allowed.join(', ')}`,
  });
}
