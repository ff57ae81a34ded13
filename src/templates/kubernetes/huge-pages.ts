// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';

/** So much memory, in whole huge pages of the configured size. */
export interface HugePages {
  readonly mib: number;
  /** As a container claims it: `{ "hugepages-2Mi": "512Mi" }`; empty where it is none. */
  readonly claim: Readonly<Record<string, string>>;
}

export function hugePages(mib: number, { memory }: Config): HugePages {
  const pageMiB = memory.pageSizeKiB / 1024;
  const whole = Math.ceil(mib / pageMiB) * pageMiB;
  const resource = pageMiB === 2 ? 'hugepages-2Mi' : 'hugepages-1Gi';
  return { mib: whole, claim: whole === 0 ? {} : { [resource]: quantity(whole) } };
}

/** In the spelling that the API server keeps: any other looks like a change each time it is applied. */
export function quantity(mib: number): string {
  return mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`;
}
