// SPDX-License-Identifier: Apache-2.0
import { type BlockShape, type Counter, parseBlocks, testpmdLines } from './testpmd-text.ts';

/** What `show port stats` printed for a port: the counters of the device since it started or was last cleared. */
export interface PortStats {
  readonly port: number;
  readonly rxPackets: Counter;
  readonly rxMissed: Counter;
  readonly rxBytes: Counter;
  readonly rxErrors: Counter;
  readonly rxNoMbuf: Counter;
  readonly txPackets: Counter;
  readonly txErrors: Counter;
  readonly txBytes: Counter;
  /** Packets and bits a second since the statistics were last shown. */
  readonly rxPps: Counter;
  readonly rxBps: Counter;
  readonly txPps: Counter;
  readonly txBps: Counter;
  /** The counters that wrapped below zero; each is null above. */
  readonly reset: readonly string[];
  /** False where the text ends or another block begins before this one was closed. */
  readonly complete: boolean;
}

/** What `stop` printed for a port: packets between `start` and `stop`, counted by testpmd against a start value. */
export interface ForwardStats {
  /** null: all ports together (the accumulated block). */
  readonly port: number | null;
  readonly rxPackets: Counter;
  readonly rxDropped: Counter;
  readonly rxTotal: Counter;
  /** Printed only when there were any. */
  readonly rxErrors: Counter;
  readonly rxNoMbuf: Counter;
  readonly txPackets: Counter;
  /** What the device would not take from testpmd. For `flowgen`: offered, and never sent. */
  readonly txDropped: Counter;
  readonly txTotal: Counter;
  /**
   * The counters that wrapped below zero; each is null above. memif clears its counters when it reconnects, and testpmd
   * then subtracts the larger start value. A total that a wrapped counter went into looks sound and is not: it is
   * counted among them.
   */
  readonly reset: readonly string[];
  readonly complete: boolean;
}

/** What `show port info` says about the link of a port. */
export interface LinkStatus {
  readonly port: number;
  readonly up: boolean | null;
  readonly mac: string | null;
  readonly device: string | null;
  readonly driver: string | null;
  readonly speed: string | null;
  readonly mtu: number | null;
  readonly promiscuous: boolean | null;
}

const portStatsShape: BlockShape<Exclude<keyof PortStats, 'port' | 'reset' | 'complete'>> = {
  // The rule in front keeps out "NIC statistics for port 0 cleared".
  header: /# NIC statistics for port +(\d{1,5})\b/,
  closing: /^\s*#{20,}/,
  labels: new Map([
    ['RX-packets', 'rxPackets'],
    ['RX-missed', 'rxMissed'],
    ['RX-bytes', 'rxBytes'],
    ['RX-errors', 'rxErrors'],
    ['RX-nombuf', 'rxNoMbuf'],
    ['TX-packets', 'txPackets'],
    ['TX-errors', 'txErrors'],
    ['TX-bytes', 'txBytes'],
    ['Rx-pps', 'rxPps'],
    ['Rx-bps', 'rxBps'],
    ['Tx-pps', 'txPps'],
    ['Tx-bps', 'txBps'],
  ]),
};

const forwardStatsShape: BlockShape<Exclude<keyof ForwardStats, 'port' | 'reset' | 'complete'>> = {
  header: /(?:- Forward statistics for port +(\d{1,5})\b)|(?:\+ Accumulated forward statistics for all ports)/,
  closing: /^\s*(?:-{20,}|\+{20,})/,
  labels: new Map([
    ['RX-packets', 'rxPackets'],
    ['RX-dropped', 'rxDropped'],
    ['RX-total', 'rxTotal'],
    ['RX-error', 'rxErrors'],
    ['RX-nombufs', 'rxNoMbuf'],
    ['TX-packets', 'txPackets'],
    ['TX-dropped', 'txDropped'],
    ['TX-total', 'txTotal'],
  ]),
};

/** Every block of `show port stats`, in the order of the text. Any text is accepted; a text without one gives none. */
export function parsePortStats(text: string): PortStats[] {
  return parseBlocks(text, portStatsShape).flatMap(({ port, counters, wrapped, complete }) => {
    if (port === null) {
      return [];
    }
    const counter = (key: Parameters<typeof counters.get>[0]): Counter => counters.get(key) ?? null;
    return {
      port,
      rxPackets: counter('rxPackets'),
      rxMissed: counter('rxMissed'),
      rxBytes: counter('rxBytes'),
      rxErrors: counter('rxErrors'),
      rxNoMbuf: counter('rxNoMbuf'),
      txPackets: counter('txPackets'),
      txErrors: counter('txErrors'),
      txBytes: counter('txBytes'),
      rxPps: counter('rxPps'),
      rxBps: counter('rxBps'),
      txPps: counter('txPps'),
      txBps: counter('txBps'),
      reset: [...wrapped],
      complete,
    };
  });
}

/** Every block that `stop` prints, in the order of the text; the accumulated one has port null. Any text is accepted. */
export function parseForwardStats(text: string): ForwardStats[] {
  return parseBlocks(text, forwardStatsShape).map(({ port, counters, wrapped, complete }) => {
    const reset = new Set(wrapped);
    if (reset.has('rxPackets') || reset.has('rxDropped')) {
      reset.add('rxTotal');
    }
    if (reset.has('txPackets') || reset.has('txDropped')) {
      reset.add('txTotal');
    }
    const counter = (key: Parameters<typeof counters.get>[0]): Counter =>
      reset.has(key) ? null : (counters.get(key) ?? null);
    return {
      port,
      rxPackets: counter('rxPackets'),
      rxDropped: counter('rxDropped'),
      rxTotal: counter('rxTotal'),
      rxErrors: counter('rxErrors'),
      rxNoMbuf: counter('rxNoMbuf'),
      txPackets: counter('txPackets'),
      txDropped: counter('txDropped'),
      txTotal: counter('txTotal'),
      reset: [...reset],
      complete,
    };
  });
}

/** Every block of `show port info`, in the order of the text. Any text is accepted; what is not printed is null. */
export function parseLinkStatus(text: string): LinkStatus[] {
  const found: { port: number; values: Map<string, string> }[] = [];
  for (const line of testpmdLines(text).lines) {
    const header = /\* Infos for port +(\d{1,5})\b/.exec(line);
    if (header !== null) {
      found.push({ port: Number(header[1]), values: new Map() });
      continue;
    }
    const colon = line.indexOf(': ');
    const values = found.at(-1)?.values;
    if (colon > 0 && values !== undefined && !values.has(line.slice(0, colon))) {
      values.set(line.slice(0, colon), line.slice(colon + 2).trim());
    }
  }
  return found.map(({ port, values }) => ({
    port,
    up: either(values.get('Link status'), 'up', 'down'),
    mac: values.get('MAC address')?.toLowerCase() ?? null,
    device: values.get('Device name') ?? null,
    driver: values.get('Driver name') ?? null,
    speed: values.get('Link speed') ?? null,
    mtu: /^\d{1,6}$/.test(values.get('MTU') ?? '') ? Number(values.get('MTU')) : null,
    promiscuous: either(values.get('Promiscuous mode'), 'enabled', 'disabled'),
  }));
}

/** The last thing a vhost log says about its peer: connected and ready, gone, or nothing at all (null). */
export function parseVhostConnected(text: string): boolean | null {
  const ready = text.lastIndexOf('virtio is now ready for processing');
  const gone = text.lastIndexOf('vhost peer closed');
  return ready === -1 && gone === -1 ? null : ready > gone;
}

function either(value: string | undefined, yes: string, no: string): boolean | null {
  return value === yes ? true : value === no ? false : null;
}
