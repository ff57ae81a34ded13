// SPDX-License-Identifier: Apache-2.0
import type { NodeCheckFacts } from './facts.ts';
import { cpuRanges, nicOf } from './node-words.ts';

/** Busy-polling processes of a node whose devices are all given away: a workload each, and testpmd; other backends only wait. */
export function pollersOf({ decision }: NodeCheckFacts): number {
  return decision.devices.length * (decision.backend === 'testpmd' ? 2 : 1);
}

/**
 * CPUs to isolate, as the kernel command line takes them: of the NUMA nodes of the devices first, from the highest down,
 * never the first CPU of the machine. null where there are too few.
 */
export function cpusToIsolate(facts: NodeCheckFacts): string | null {
  const { online, byNumaNode } = facts.report.node.cpus;
  const pollers = pollersOf(facts);
  const near = new Set(
    facts.decision.devices.flatMap((device) => {
      const numaNode = nicOf(device, facts)?.numaNode ?? null;
      return byNumaNode.find((node) => node.numaNode === numaNode)?.cpus ?? [];
    }),
  );
  const rank = (cpu: number) => (near.has(cpu) ? 0 : 1);
  const candidates = online.slice(1).sort((a, b) => rank(a) - rank(b) || b - a);
  return candidates.length < pollers || pollers === 0 ? null : cpuRanges(candidates.slice(0, pollers));
}
