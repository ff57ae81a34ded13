// SPDX-License-Identifier: Apache-2.0
import type { BenchReport } from '../bench-report.ts';

/** A place on the path where packets are counted. */
export interface Hop {
  readonly name: string;
  /** null: not counted there. */
  readonly packets: number | null;
  /** Packets that the hop before had and this one has not; null: one of them is not counted. */
  readonly lostBefore: number | null;
  /** Where those were lost. */
  readonly place: 'generator' | 'wire' | 'backend' | 'workload';
  readonly direction: 'forth' | 'back';
}

/** The path of a packet from the generator to the workload and back, in that order. */
export function hopsOf({ path }: Pick<BenchReport, 'path'>): Hop[] {
  const hops = [
    { name: 'sent by the generator', packets: path.generatorSent, place: 'generator', direction: 'forth' },
    { name: 'received by the backend from the wire', packets: path.backendFromWire, place: 'wire', direction: 'forth' },
    {
      name: 'given to the workload through virtio',
      packets: path.backendToWorkload,
      place: 'backend',
      direction: 'forth',
    },
    { name: 'got back from the workload', packets: path.backendFromWorkload, place: 'workload', direction: 'back' },
    { name: 'sent by the backend to the wire', packets: path.backendToWire, place: 'backend', direction: 'back' },
    { name: 'received back by the generator', packets: path.generatorReceived, place: 'wire', direction: 'back' },
  ] as const;
  return hops.map((hop, index) => {
    const before = hops[index - 1]?.packets ?? null;
    // A few packets may be in flight when counters are read: never less than none.
    const lostBefore = before === null || hop.packets === null ? null : Math.max(0, before - hop.packets);
    return { ...hop, lostBefore };
  });
}

/** Packets lost at a place in a direction; null: not counted. */
export function lostAt(hops: readonly Hop[], place: Hop['place'], direction: Hop['direction']): number | null {
  return hops.find((hop) => hop.place === place && hop.direction === direction)?.lostBefore ?? null;
}
