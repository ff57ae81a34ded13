// SPDX-License-Identifier: Apache-2.0
import type { NodeReport } from '../platform/node-report.ts';
import type { Clue } from './provider.ts';

const dmi = [
  ['sysVendor', 'sys_vendor'],
  ['productName', 'product_name'],
  ['chassisAssetTag', 'chassis_asset_tag'],
] as const;

/** The cloud itself named it: its metadata service did, or its controller manager in the node object of a cluster. */
export function metadataClues(report: NodeReport, cloud: 'aws' | 'alibaba'): Clue[] {
  const found = report.node.cloud;
  if (found?.name !== cloud) return [];
  const value = [found.instanceType, found.zone].filter((field) => field !== null).join(' in ');
  const witness = found.source.startsWith('Kubernetes') ? 'the cluster' : 'its metadata service';
  return [{ weight: 10, claim: `cloud, by ${witness}`, source: found.source, value: value || found.name }];
}

/** The firmware names it. */
export function firmwareClues(report: NodeReport, pattern: RegExp): Clue[] {
  return dmi.flatMap(([key, file]) => {
    const value = report.node.dmi[key];
    if (value === null || !pattern.test(value)) return [];
    return [{ weight: 5, claim: 'firmware', source: `/sys/class/dmi/id/${file}`, value }];
  });
}
