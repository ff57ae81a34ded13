// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../src/config/config-schema.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import type { Decision } from '../../../src/providers/decision.ts';
import { backendSpecs, chosenCpus, unpreparedDevices } from '../../../src/templates/backend-specs.ts';
import { type Advertiser, advertiserOf } from '../../../src/templates/kubernetes/device-plugin/device-sets.ts';
import type { BackendSpec } from '../../contract/backend-spec.ts';
import type { RunDir } from '../../contract/run-dir.ts';

/** What was found and decided, by the code of the command line. */
export interface NodeLook {
  readonly report: NodeReport;
  readonly decision: Decision;
  readonly config: Config;
}

/** What a node has to offer. */
export interface NodeView {
  readonly provider: string;
  readonly backend: string;
  readonly advertiser: Advertiser;
  /** Of the devices that are ready. */
  readonly specs: readonly BackendSpec[];
  /** The NUMA node of each device of which it is known. */
  readonly numaNodes: ReadonlyMap<string, number>;
  /** Devices that are decided on and have to be prepared first. */
  readonly unprepared: readonly string[];
  /** Why there is nothing to offer; null: there is. */
  readonly whyNone: string | null;
}

/**
 * The backends of a node. Their CPU is chosen by the supervisor, which alone is in the cpuset of the backends' pod; what
 * the user chose is passed on as a wish. Pure.
 */
export function nodeView({ report, decision, config }: NodeLook, dir: RunDir): NodeView {
  const unprepared = new Set(unpreparedDevices(report, decision).map(({ pciAddress }) => pciAddress));
  const ready = { ...decision, devices: decision.devices.filter(({ pciAddress }) => !unprepared.has(pciAddress)) };
  const { cpus } = chosenCpus(decision, config);
  // By its place in the whole decision: a device that becomes ready changes no other's.
  const places = new Map(decision.devices.map(({ pciAddress }, index) => [pciAddress, index]));
  const wishOf = (index: number): number | null => {
    const place = places.get(ready.devices[index]?.pciAddress ?? '') ?? 0;
    return cpus === null ? null : (cpus[place % cpus.length] ?? null);
  };
  const numaNodes = report.nics.flatMap(({ pciAddress, numaNode }) =>
    numaNode === null ? [] : [[pciAddress, numaNode] as const],
  );
  return {
    provider: decision.provider,
    backend: decision.backend,
    advertiser: advertiserOf(report, decision),
    specs: backendSpecs({
      report,
      decision: ready,
      config,
      dir,
      cpuOf: (index) => ({ chosenAtStart: true, wish: wishOf(index) }),
      testpmd: 'dpdk-testpmd',
    }),
    numaNodes: new Map(numaNodes),
    unprepared: [...unprepared],
    whyNone: decision.devices.length === 0 ? whyNone(decision) : null,
  };
}

function whyNone({ provider, evidence, rejected }: Decision): string {
  const claim = evidence.find((each) => each.claim.startsWith('no device: '))?.claim ?? 'no device';
  const devices = rejected.filter(({ what }) => what.startsWith('device:'));
  const reasons = devices.map(({ what, why }) => `${what.slice('device:'.length)}: ${why}`);
  return [`provider ${provider}: ${claim}`, ...reasons].join('; ');
}
