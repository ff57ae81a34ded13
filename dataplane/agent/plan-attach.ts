// SPDX-License-Identifier: Apache-2.0
import { maxInterfaces } from '../contract/run-dir.ts';

export interface Holding {
  readonly device: string;
  readonly workload: string;
  readonly interface: string;
}

export type AttachPlan =
  | { readonly kind: 'attach'; readonly device: string; readonly interface: string }
  /** The workload has it already: the answer of the first time holds. */
  | { readonly kind: 'already'; readonly device: string; readonly interface: string }
  | { readonly kind: 'refuse'; readonly reason: 'not-found' | 'taken' | 'none-free'; readonly message: string };

/** Which device a workload gets and how its interface is called. Pure: what is offered and held goes in. */
export function planAttach(
  devices: readonly string[],
  held: readonly Holding[],
  request: { readonly workload: string; readonly device: string | null },
): AttachPlan {
  const holderOf = (device: string) => held.find((holding) => holding.device === device);
  if (request.device !== null) {
    if (!devices.includes(request.device)) {
      const offered = devices.length === 0 ? 'none is offered' : `offered are ${devices.join(', ')}`;
      return { kind: 'refuse', reason: 'not-found', message: `there is no device ${request.device}; ${offered}` };
    }
    const holder = holderOf(request.device);
    if (holder?.workload === request.workload)
      return { kind: 'already', device: holder.device, interface: holder.interface };
    if (holder !== undefined) {
      return {
        kind: 'refuse',
        reason: 'taken',
        message: `${request.device} is attached to the workload ${holder.workload}`,
      };
    }
  }
  const device = request.device ?? devices.find((candidate) => holderOf(candidate) === undefined);
  if (device === undefined) {
    const holders = held.map((holding) => `${holding.device} by ${holding.workload}`).join(', ');
    const message = devices.length === 0 ? 'no device is offered' : `every device is attached: ${holders}`;
    return { kind: 'refuse', reason: 'none-free', message };
  }
  const taken = new Set(
    held.filter((holding) => holding.workload === request.workload).map((holding) => holding.interface),
  );
  for (let number = 1; number <= maxInterfaces; number += 1) {
    if (!taken.has(`net${number}`)) return { kind: 'attach', device, interface: `net${number}` };
  }
  const message = `${request.workload} has ${maxInterfaces} interfaces, and a workload can have no more`;
  return { kind: 'refuse', reason: 'none-free', message };
}
