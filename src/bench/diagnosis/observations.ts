// SPDX-License-Identifier: Apache-2.0
import type { Counter } from '../../backends/output/testpmd-text.ts';

/** Packets that a port of the backend received, and sent; null: could not be read. */
export interface PortCounters {
  readonly rx: Counter;
  readonly tx: Counter;
  /** What testpmd had for this port and the port would not take. */
  readonly txDropped: Counter;
}

/** What was seen of a run in which no packet returned to the generator. null: not known. */
export interface Observations {
  readonly wire: 'memif' | 'af_packet' | 'nic' | 'null';
  readonly generator: {
    readonly linkUp: boolean | null;
    readonly tx: Counter;
    readonly txDropped: Counter;
    /** What did come back when it was looked once more. */
    readonly rx: Counter;
    /** Packets that came back and found no buffer or no room. */
    readonly rxDropped: Counter;
    readonly mac: string | null;
    readonly promiscuous: boolean | null;
    /** The destination address of the frames it sends. */
    readonly destinationMac: string | null;
    /** Where its packets go, as `10.253.0.0/22`. */
    readonly destinationNetwork: string | null;
  };
  readonly backend: {
    readonly alive: boolean;
    /** Whether it printed anything while it was looked at: it prints its counters every second. */
    readonly responds: boolean | null;
    readonly vhostConnected: boolean | null;
    readonly wire: PortCounters | null;
    readonly vhost: PortCounters | null;
    readonly log: string;
  };
  readonly workload: {
    readonly alive: boolean;
    readonly log: string;
    readonly mac: string | null;
    /** The destination address of the frames that it sends back. */
    readonly returnMac: string | null;
    /** Whether its device or program drops frames for other addresses. virtio-user with a software backend does not. */
    readonly filtersMac: boolean;
    /** Its DPDK port on this path. */
    readonly port: number;
  };
}

/** Every counter along the path, one a line, in the order in which a packet passes them. */
export function listCounters({ generator, backend: { wire, vhost, vhostConnected } }: Observations): string[] {
  const line = (name: string, value: Counter) => `${name}: ${value === null ? 'not known' : grouped(value)}`;
  const state = (name: string, value: boolean | null) =>
    `${name}: ${value === null ? 'not known' : value ? 'yes' : 'no'}`;
  return [
    state('generator link up', generator.linkUp),
    line('generator sent', generator.tx),
    line('generator could not send', generator.txDropped),
    line('backend received from the wire', wire?.rx ?? null),
    state('vhost-user connected', vhostConnected),
    line('backend gave to the workload', vhost?.tx ?? null),
    line('workload would not take', vhost?.txDropped ?? null),
    line('backend got back from the workload', vhost?.rx ?? null),
    line('backend sent to the wire', wire?.tx ?? null),
    line('wire would not take', wire?.txDropped ?? null),
    line('generator could not receive', generator.rxDropped),
  ];
}

/** A whole number with a comma between thousands, whatever the locale. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
