// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { type Dpdk, findProgram, installedDpdk } from '../platform/dpdk.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { probe } from '../platform/probe.ts';
import { cpusOfThisProcess } from '../platform/process-cpus.ts';
import { decide } from '../providers/decide.ts';
import type { Decision } from '../providers/decision.ts';
import { chosenCpus, unpreparedDevices } from '../templates/backend-specs.ts';
import { type LocalStack, renderLocalStack } from '../templates/local-stack.ts';

export interface StackRequest {
  readonly runDir: string;
  readonly config: Config;
  /** The config keys that the user set. */
  readonly set: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** `machine`: the stack runs here, whatever the provider. Otherwise only that of the provider `local` does. */
  readonly target?: 'machine' | undefined;
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
  const dpdkVdpa = request.env['VDPACTL_DPDK_VDPA'] ?? findProgram('dpdk-vdpa', request.env);
  checkRunsHere(report, decision, request.target, dpdkVdpa);
  checkChosenCpus(chosenCpus(decision, request.config), allowedCpus);
  const stack = renderLocalStack({
    report,
    decision,
    config: request.config,
    runDir: request.runDir,
    allowedCpus,
    testpmd: dpdk?.testpmd ?? 'dpdk-testpmd',
    ...(dpdkVdpa === null ? {} : { dpdkVdpa }),
  });
  return { report, dpdk, stack };
}

/** Throws VDPA-PROVIDER-002 for a stack that does not run on one machine, VDPA-PROVIDER-003 for a NIC that is not ready. */
function checkRunsHere(
  report: NodeReport,
  decision: Decision,
  target: 'machine' | undefined,
  dpdkVdpa: string | null,
): void {
  const { provider, backend, devices } = decision;
  if (provider === 'local') return;
  const found = devices.length === 0 ? 'no device' : devices.map(({ pciAddress }) => pciAddress).join(', ');
  if (target !== 'machine') {
    throw new VdpaError('VDPA-PROVIDER-002', `this machine is one for the provider ${provider} (${found})`, {
      where: 'provider',
      next: 'for virtual devices on this machine add --provider local; for its NICs add --target machine, or see vdpactl render for the stack of a cluster',
    });
  }
  if (devices.length === 0) {
    throw new VdpaError('VDPA-PROVIDER-002', `the provider ${provider} has no device on this machine`, {
      where: 'provider',
      next: 'see why with: vdpactl detect; or use virtual devices: --provider local',
    });
  }
  if (backend === 'dpdk-vdpa' && dpdkVdpa === null) {
    throw new VdpaError('VDPA-PROVIDER-002', `the backend dpdk-vdpa needs a program that is not there (${found})`, {
      where: 'dpdk-vdpa',
      next: "build DPDK's examples/vdpa (Debian: dpdk-doc) and put it into PATH as dpdk-vdpa, or add --backend testpmd",
    });
  }
  const unready = unpreparedDevices(report, decision);
  if (unready.length === 0) return;
  const addresses = unready.map(({ pciAddress }) => pciAddress).join(', ');
  throw new VdpaError('VDPA-PROVIDER-003', `not prepared: ${addresses}`, {
    where: unready[0]?.pciAddress ?? 'node',
    next: 'run with the same options: vdpactl node prepare (see what it would do with --dry-run)',
  });
}

function checkChosenCpus({ cpus, key }: ReturnType<typeof chosenCpus>, allowed: readonly number[]): void {
  const wrong = (cpus ?? []).filter((cpu) => !allowed.includes(cpu));
  if (wrong.length === 0) return;
  throw new VdpaError('VDPA-CONFIG-003', `there is no CPU ${wrong.join(', ')} for this process to use`, {
    where: key,
    next: `choose from: ${allowed.join(', ')}`,
  });
}
