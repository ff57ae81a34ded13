// SPDX-License-Identifier: Apache-2.0
import type { AttachResult } from '../local/attach.ts';
import type { DeployResult } from '../local/deploy.ts';
import type { DestroyResult } from '../local/destroy.ts';
import type { StackStatus } from '../local/status.ts';
import { backendName } from './backend-name.ts';
import { trafficText } from './device-traffic.ts';

export function deployText(result: DeployResult): string {
  const { stack } = result;
  const lines = [
    result.changed
      ? `deployed to ${result.runDir}`
      : `nothing to do: the stack in ${result.runDir} is as wanted and runs`,
  ];
  lines.push(`  provider ${stack.decision.provider}, backend ${backendName(stack.decision.backend)}`);
  for (const backend of stack.backends) {
    const wire = backend.wire.at === null ? backend.wire.kind : `${backend.wire.kind} ${backend.wire.at}`;
    const queues = `${backend.queues} queue pair${backend.queues === 1 ? '' : 's'}`;
    const behind =
      backend.backend === 'vhost-vdpa'
        ? `the kernel at ${backend.path}`
        : `CPU ${backend.cpu ?? 'of its choice'}, MAC ${backend.mac}`;
    lines.push(`  ${backend.device}: wire ${wire}, ${queues}, ${behind}`);
  }
  lines.push('', 'next: vdpactl bench --workload l3fwd, or vdpactl attach NAME for a program of your own');
  return `${lines.join('\n')}\n`;
}

export function statusText(status: StackStatus): string {
  if (status.state === 'absent')
    return `nothing is deployed in ${status.runDir}\nnext: vdpactl deploy --provider local\n`;
  const lines = [
    `${status.state}: ${status.provider ?? 'no stack'}${status.backend === null ? '' : `, backend ${status.backend}`}, in ${status.runDir}`,
  ];
  for (const part of status.parts) lines.push(row(part.name, part.running ? 'running' : 'stopped', part.pid, part.log));
  const agentAnswers = status.parts.every((part) => part.name !== 'agent' || part.problem === null);
  for (const device of status.devices) {
    lines.push(row(device.device, device.state, device.pid, device.log));
    const facts = [
      `wire ${device.wire.kind}${device.wire.at === null ? '' : ` ${device.wire.at}`}`,
      holder(device.workload, agentAnswers),
      `restarted ${device.restarts} time${device.restarts === 1 ? '' : 's'}`,
    ];
    lines.push(`    ${facts.join(', ')}`);
    if (device.counters !== null) lines.push(`    ${trafficText(device.counters)}`);
    if (device.lastExit !== null) {
      lines.push(
        `    last ended ${device.lastExit.at} (code ${device.lastExit.code ?? '-'}, signal ${device.lastExit.signal ?? '-'})`,
      );
    }
  }
  for (const stray of status.strays) lines.push(row(stray.role, 'beside the stack', stray.pid, ''));
  for (const problem of status.problems) lines.push(`problem: ${problem}`);
  if (status.problems.length > 0)
    lines.push('next: vdpactl deploy mends what is missing; vdpactl destroy removes everything');
  return `${lines.join('\n')}\n`;
}

/** Only the agent knows who has a device: without its answer nobody may be told that it is free. */
function holder(workload: string | null, agentAnswers: boolean): string {
  if (workload !== null) return `attached to ${workload}`;
  return agentAnswers ? 'free' : 'holder not known';
}

function row(name: string, state: string, pid: number | null, log: string): string {
  return `  ${name.padEnd(12)} ${state.padEnd(12)} ${(pid === null ? '-' : `pid ${pid}`).padEnd(12)} ${log}`.trimEnd();
}

export function destroyText(result: DestroyResult): string {
  if (!result.changed) return `nothing is deployed in ${result.runDir}: nothing to remove\n`;
  const ended = result.ended.map((process) => process.role).join(', ');
  return `removed ${result.runDir}${ended === '' ? '' : `; ended ${ended}`}\n`;
}

export function attachText(result: AttachResult): string {
  const isSocket = result.socket.endsWith('.sock');
  return [
    `${result.device} is ${result.interface} of ${result.workload}, MAC ${result.mac === '' ? 'of its own' : result.mac}`,
    `  folder   ${result.folder}`,
    isSocket
      ? `  listens  ${result.socket} (the workload makes it, the backend connects)`
      : `  opens    ${result.socket} (the kernel's device, whose memory counts as locked: see ulimit -l)`,
    '',
    'run a DPDK program on it:',
    result.command === null ? `  PROGRAM $(cat ${result.ealArgs}) …` : `  ${result.command} PROGRAM …`,
    '',
  ].join('\n');
}
