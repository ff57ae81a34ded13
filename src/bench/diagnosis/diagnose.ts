// SPDX-License-Identifier: Apache-2.0
import { mainEalError, parseEalErrors } from '../../backends/eal-errors.ts';
import type { Counter } from '../../backends/output/testpmd-text.ts';
import { grouped, listCounters, type Observations } from './observations.ts';
import { networksOverlap, parseIpv4Network, parseWorkloadRoutes, type WorkloadRoute } from './workload-routes.ts';

/** Why nothing came back. */
export type NoTrafficReason =
  | 'no-link'
  | 'wrong-mac'
  | 'no-route'
  | 'generator-limit'
  | 'workload-dead'
  | 'backend-dead'
  | 'backend-hangs'
  | 'interrupted'
  | 'vhost-not-connected'
  | 'return-path'
  | 'unknown';

export interface Diagnosis {
  readonly reason: NoTrafficReason;
  /** What is wrong and how it shows, in one or two sentences. */
  readonly explanation: string;
  /** What the user does next. */
  readonly next: string;
  /** Every counter along the path, one a line, in the order in which a packet passes them. */
  readonly counters: readonly string[];
}

interface Finding {
  readonly reason: NoTrafficReason;
  readonly explanation: string;
  readonly next: string;
}

/**
 * Finds where the path is broken: the processes first, then hop by hop in the order in which a packet passes them. Says a
 * reason only where the observations prove it; otherwise `unknown`, with the last place where packets were seen.
 */
export function diagnose(seen: Observations): Diagnosis {
  const finding =
    processes(seen) ??
    recovered(seen) ??
    links(seen) ??
    generator(seen) ??
    workload(seen) ??
    wayBack(seen) ??
    unknown(seen);
  return { ...finding, counters: listCounters(seen) };
}

function processes({ backend, workload }: Observations): Finding | null {
  if (!backend.alive) {
    return {
      reason: 'backend-dead',
      explanation: `The backend is not running${lastWords(backend.log)}.`,
      next: 'read the log of the backend, then deploy again: vdpactl status; vdpactl deploy',
    };
  }
  if (!workload.alive) {
    return {
      reason: 'workload-dead',
      explanation: `The workload ended before the trial did${lastWords(workload.log)}.`,
      next: 'read the log of the workload for why it ended, then run the benchmark again',
    };
  }
  if (backend.responds === false) {
    return {
      reason: 'backend-hangs',
      explanation: 'The backend is there and does nothing: it prints its counters every second, and has stopped to.',
      next: 'end its process, which vdpactl status names; the supervisor starts it again. If it is stopped in a debugger, let it go on',
    };
  }
  return null;
}

function recovered({ generator: { tx, rx } }: Observations): Finding | null {
  if (tx === null || !some(rx) || next(rx, tx)) return null;
  return {
    reason: 'interrupted',
    explanation: `When it was looked why, ${packets(rx)} came back: the path was cut for a time, and is whole again.`,
    next: 'run the benchmark again; vdpactl status says whether the backend was restarted',
  };
}

function links({ wire, generator, backend, workload }: Observations): Finding | null {
  if (wire === 'null') {
    return {
      reason: 'no-link',
      explanation: 'The wire is a null device: it swallows what it is given, and no generator can be attached to it.',
      next: 'deploy with a wire that has two ends: local.wire memif, or af_packet on an interface',
    };
  }
  if (generator.linkUp === false) {
    return {
      reason: 'no-link',
      explanation: `The generator's link is down: the ${wire} wire does not reach the backend.`,
      next: 'see whether the backend runs and has the wire open: vdpactl status',
    };
  }
  if (backend.vhostConnected === false) {
    return {
      reason: 'vhost-not-connected',
      explanation: `The backend runs and has no workload behind its vhost-user socket${lastWords(workload.log)}.`,
      next: 'see in the log of the workload whether its virtio device came up, and whether both use the same socket',
    };
  }
  return null;
}

function generator({ generator: { tx, txDropped, rxDropped } }: Observations): Finding | null {
  if (tx === 0) {
    const refused = txDropped !== null && txDropped > 0;
    return {
      reason: 'generator-limit',
      explanation: refused
        ? `The generator sent nothing: the wire took none of the ${packets(txDropped)} it had.`
        : 'The generator sent nothing, and had nothing refused: it made no packets.',
      next: 'give the generator a CPU of its own and more memory (bench.memoryMiB), and read its log',
    };
  }
  if (rxDropped !== null && rxDropped > 0) {
    return {
      reason: 'generator-limit',
      explanation: `${capital(packets(rxDropped))} came back, and the generator had no buffer for any of them.`,
      next: 'give the generator more memory (bench.memoryMiB)',
    };
  }
  return null;
}

function workload({ generator, backend: { vhost }, workload }: Observations): Finding | null {
  if (vhost === null || !some(vhost.tx) || !next(vhost.rx, vhost.tx)) return null;
  const wentIn = `${capital(packets(vhost.tx))} went into the workload and none came out.`;
  if (workload.filtersMac && differ(generator.destinationMac, workload.mac)) {
    return {
      reason: 'wrong-mac',
      explanation: `${wentIn} They are addressed to ${generator.destinationMac}; the workload's device is ${workload.mac} and takes no others.`,
      next: `let the generator send to ${workload.mac}`,
    };
  }
  const elsewhere = routeElsewhere(generator.destinationNetwork, parseWorkloadRoutes(workload.log), workload.port);
  if (elsewhere === null) return null;
  return {
    reason: 'no-route',
    explanation: `${wentIn} They go to ${generator.destinationNetwork}, and the workload routes ${elsewhere.network} to port ${elsewhere.port}.`,
    next: `give the workload a route for ${generator.destinationNetwork} that leads to port ${workload.port}`,
  };
}

/**
 * The route that takes the packets out of another port. That no route covers them is not a reason: l3fwd (LPM, EM and
 * FIB lookup) then sends them out of the port that they came in by.
 */
function routeElsewhere(
  destination: string | null,
  routes: readonly WorkloadRoute[],
  port: number,
): WorkloadRoute | null {
  const target = destination === null ? null : parseIpv4Network(destination);
  const covering = routes.filter(({ network }) => {
    const route = parseIpv4Network(network);
    return target !== null && route !== null && networksOverlap(route, target);
  });
  return covering.some((route) => route.port === port) ? null : (covering[0] ?? null);
}

function wayBack({ wire, generator, backend, workload }: Observations): Finding | null {
  if (backend.wire === null || backend.vhost === null || !some(backend.vhost.rx)) return null;
  if (next(backend.wire.tx, backend.vhost.rx)) {
    return {
      reason: 'return-path',
      explanation: `The workload sent ${packets(backend.vhost.rx)} back, and the backend put none of them on the wire${refusals(backend.wire.txDropped)}.`,
      next: 'read the log of the backend, and see whether the wire is open in both directions',
    };
  }
  if (!some(backend.wire.tx)) return null;
  const arrived = `The backend put ${packets(backend.wire.tx)} on the ${wire} wire towards the generator, and none arrived.`;
  if (generator.promiscuous === false && differ(workload.returnMac, generator.mac)) {
    return {
      reason: 'wrong-mac',
      explanation: `${arrived} They are addressed to ${workload.returnMac}; the generator is ${generator.mac} and takes no others.`,
      next: `let the workload send to ${generator.mac}`,
    };
  }
  return {
    reason: 'return-path',
    explanation: arrived,
    next: 'see whether the wire is open in both directions and nothing between filters frames',
  };
}

function unknown({ generator, backend }: Observations): Finding {
  const { wire, vhost } = backend;
  const place = [
    { name: 'the generator, which sent them', count: generator.tx },
    { name: "the backend's wire port, which received them", count: wire?.rx ?? null },
    { name: "the backend's vhost port, which gave them to the workload", count: vhost?.tx ?? null },
    { name: "the backend's vhost port, which got them back from the workload", count: vhost?.rx ?? null },
    { name: "the backend's wire port, which sent them back", count: wire?.tx ?? null },
  ].findLast(({ count }) => some(count));
  const where = place === undefined ? 'No counter shows any packet' : `Packets were last seen at ${place.name}`;
  return {
    reason: 'unknown',
    explanation: `No packet came back, and the counters do not prove why. ${where}.`,
    next: 'compare the counters hop by hop, and read the logs of the backend, the workload and the generator',
  };
}

/** The share below which packets are others' (neighbour discovery on a real interface), not ours. */
const strayShare = 1 / 1000;

function some(count: Counter): count is number {
  return count !== null && count > 0;
}

/** Whether the next counter on the path is known and shows (next to) nothing of what the one before it passed on. */
function next(count: Counter, before: Counter): boolean {
  return count !== null && before !== null && count <= before * strayShare;
}

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.toLowerCase() !== b.toLowerCase() && !isGroupAddress(a);
}

/** Broadcast and multicast frames reach everybody: the lowest bit of the first octet. */
function isGroupAddress(mac: string): boolean {
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 1;
}

function lastWords(log: string): string {
  const error = mainEalError(parseEalErrors(log))?.line;
  const line = error ?? log.trimEnd().split('\n').at(-1)?.trim().slice(0, 200);
  return line === undefined || line === ''
    ? ', and its log is empty'
    : `; its log ${error === undefined ? 'ends' : 'says'}: ${line}`;
}

function refusals(dropped: Counter): string {
  return some(dropped) ? ` (it refused ${packets(dropped)})` : '';
}

function packets(count: number): string {
  return count === 1 ? '1 packet' : `${grouped(count)} packets`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
