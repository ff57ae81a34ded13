// SPDX-License-Identifier: Apache-2.0
import type { Nic } from '../platform/node-report.ts';
import type { ChosenDevice, ProviderName } from '../providers/decision.ts';
import { type Finding, skip } from './check.ts';
import type { NodeCheckFacts } from './facts.ts';

/** The NIC that stands behind a chosen device; of a virtual function that is yet to be made its physical function. */
export function nicOf(device: ChosenDevice, { report }: NodeCheckFacts): Nic | null {
  const made = device.create.find((creation) => creation.kind === 'vf');
  const at = made?.kind === 'vf' ? made.pf : device.pciAddress;
  return report.nics.find(({ pciAddress }) => pciAddress === device.pciAddress || pciAddress === at) ?? null;
}

/** Why the checks of devices do not apply to a node; null when they do. */
export function noDevices({ decision }: NodeCheckFacts): Finding | null {
  if (decision.provider === 'local') return skip('the provider local gives no NIC away');
  return decision.devices.length === 0 ? skip('there is no device to give away') : null;
}

export function noneNamed(provider: ProviderName): Finding {
  return skip(provider === 'local' ? 'the provider local gives no NIC away' : 'nics.include names no NIC');
}

/** `0000:65:00.2 and 0000:65:00.3`; the first few of many. */
export function listed(names: readonly string[], most = 8): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `1 device`, `2 devices`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** CPUs as the kernel writes them: `2-5,8`. */
export function cpuRanges(cpus: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of [...cpus].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && cpu === open.last + 1) open.last = cpu;
    else ranges.push({ first: cpu, last: cpu });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** Linux' version as `[6, 1]`; null when it says none. */
export function kernelVersion(release: string | null): readonly [number, number] | null {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(release ?? '');
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

export function isOlder(version: readonly [number, number], than: readonly [number, number]): boolean {
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}
