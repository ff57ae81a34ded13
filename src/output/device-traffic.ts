// SPDX-License-Identifier: Apache-2.0
import type { BackendCounters, SideCounters } from '../../dataplane/contract/backend-spec.ts';
import { shortCount } from './number-text.ts';

/** The heads of `trafficCells`: packets that came in on a side, and that went out there. */
export const trafficHeads = ['link', 'wire in/out', 'pod in/out', 'lost'] as const;

/** The counters of a device since its backend started, for a row of a table. */
export function trafficCells(counters: BackendCounters | null): string[] {
  if (counters === null) return trafficHeads.map(() => '-');
  const { wire, workload, connected } = counters;
  const inAndOut = (side: SideCounters | null) => `${count(side?.rxPackets)}/${count(side?.txPackets)}`;
  return [linkText(connected), inAndOut(wire), inAndOut(workload), count(lost(wire) + lost(workload))];
}

/** The same as a line of words. */
export function trafficText(counters: BackendCounters): string {
  const { wire, workload, connected } = counters;
  const inAndOut = (side: SideCounters | null) => `${count(side?.rxPackets)} in and ${count(side?.txPackets)} out`;
  return [
    `link ${linkText(connected)}, packets: wire ${inAndOut(wire)}, workload ${inAndOut(workload)}`,
    `${count(lost(wire) + lost(workload))} lost`,
  ].join(', ');
}

/** What a side lost, whatever the reason. */
function lost(side: SideCounters | null): number {
  if (side === null) return 0;
  return (side.rxMissed ?? 0) + (side.rxErrors ?? 0) + (side.rxNoBuffer ?? 0) + (side.txErrors ?? 0);
}

const linkText = (connected: boolean | null): string => (connected === null ? '-' : connected ? 'up' : 'down');

const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : shortCount(value);
