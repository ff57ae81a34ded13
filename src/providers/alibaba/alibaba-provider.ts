// SPDX-License-Identifier: Apache-2.0
import { firmwareClues, metadataClues } from '../clues.ts';
import type { NicProvider } from '../provider.ts';

/** An Alibaba Cloud instance, virtual or bare metal (ebm): virtio NICs with everything behind PCI in hardware. */
export const alibabaProvider: NicProvider = {
  name: 'alibaba',
  unless: 'neither the firmware nor the metadata service says Alibaba Cloud',
  clues: (report) => [...metadataClues(report, 'alibaba'), ...firmwareClues(report, /^(?:Alibaba|Aliyun)\b/i)],
  backends: ['dpdk-vdpa', 'vhost-vdpa', 'testpmd'],
  mostlyWithoutIommu: true,
  noDevice: 'attach a second elastic network interface to the instance and leave it without an address',
};
