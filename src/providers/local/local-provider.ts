// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import type { Rejection } from '../decision.ts';
import type { Provider } from '../provider.ts';

const wireWords = {
  memif: 'a memif socket stands in for the NIC',
  af_packet: 'an interface of this machine, taken through AF_PACKET, stands in for the NIC',
  null: 'a null device stands in for the NIC',
} as const;

/** The names of the local provider's virtual devices. They are not on PCI, so they have ids of their own. */
export function localDeviceId(index: number): string {
  return `local${index}`;
}

/** This machine with virtual devices: needs no NIC, so it fits everywhere, and every other provider comes first. */
export const localProvider: Provider = {
  name: 'local',

  unless: 'needs DPDK and huge pages',
  backends: ['testpmd'],
  clues: () => [
    {
      weight: 0.5,
      claim: 'needs nothing but DPDK and huge pages, so it fits any Linux machine',
      source: 'vdpactl',
      value: null,
    },
  ],

  plan(report: NodeReport, config: Config) {
    const { devices, wire, interface: netdev } = config.local;
    return {
      backend: 'testpmd',
      devices: Array.from({ length: devices }, (_, index) => ({
        pciAddress: localDeviceId(index),
        driver: null,
        why: `${wireWords[wire]}${netdev === null ? '' : ` (${netdev})`}; no PCI device is bound or reset`,
        create: [],
        modules: [],
        noIommu: false,
      })),
      evidence: [{ claim: 'wire', source: 'config local.wire', value: wire }],
      rejected: rejectedNics(report),
    };
  },
};

function rejectedNics(report: NodeReport): Rejection[] {
  return report.nics.map((nic) => ({
    what: `device:${nic.pciAddress}`,
    why: nic.uplink
      ? `is an uplink (${nic.uplinkReasons.join('; ')}): never offered, bound or reset`
      : 'the local provider takes no PCI device',
  }));
}
