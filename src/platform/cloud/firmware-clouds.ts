// SPDX-License-Identifier: Apache-2.0
import type { Cloud, NodeFacts } from '../node-report.ts';

export type CloudName = Cloud['name'];

export interface FirmwareHint {
  readonly cloud: CloudName;
  /** The file in sys/class/dmi/id that names it. */
  readonly file: string;
  readonly value: string;
}

const patterns = [
  ['aws', /^Amazon EC2\b/i],
  ['alibaba', /^(?:Alibaba Cloud|Aliyun)\b/i],
] as const satisfies readonly (readonly [CloudName, RegExp])[];

/** The clouds that the firmware names, by the first of its fields that does. */
export function cloudsByFirmware(dmi: NodeFacts['dmi']): FirmwareHint[] {
  const fields = [
    ['sys_vendor', dmi.sysVendor],
    ['product_name', dmi.productName],
    ['chassis_asset_tag', dmi.chassisAssetTag],
  ] as const;
  return patterns.flatMap(([cloud, pattern]) => {
    for (const [file, value] of fields) if (value !== null && pattern.test(value)) return [{ cloud, file, value }];
    return [];
  });
}
