// SPDX-License-Identifier: Apache-2.0
import { firmwareClues, metadataClues } from '../clues.ts';
import type { NicProvider } from '../provider.ts';

/** An EC2 instance, virtual or bare metal: a secondary ENI, translated by testpmd. */
export const awsProvider: NicProvider = {
  name: 'aws',
  unless: 'neither the firmware nor the metadata service says EC2, and there is no Elastic Network Adapter',
  clues: (report) => [
    ...metadataClues(report, 'aws'),
    ...firmwareClues(report, /^Amazon EC2\b/i),
    ...report.nics
      .filter(({ kind }) => kind === 'ena')
      .map(({ pciAddress, vendor, device }) => ({
        weight: 2,
        claim: 'Elastic Network Adapter',
        source: `/sys/bus/pci/devices/${pciAddress}`,
        value: `${vendor}:${device}`,
      })),
  ],
  // ENA has neither vDPA nor virtio: the translator is all there is.
  backends: ['testpmd'],
  mostlyWithoutIommu: true,
  noDevice: 'attach a second network interface (ENI) to the instance and leave it without an address',
};
