// SPDX-License-Identifier: Apache-2.0
import type { RootFs } from '../root-fs.ts';

/** Flags of a resource: Linux include/linux/ioport.h. */
const isMemory = 0x200n;
const isPrefetchable = 0x2000n;

/** The lines after the six BARs are the expansion ROM, SR-IOV BARs and bridge windows. */
const barCount = 6;

/** The numbers of the prefetchable memory BARs of the PCI function in `dir`; empty when nothing can be read. */
export function readPrefetchableBars(fs: RootFs, dir: string): number[] {
  return parsePrefetchableBars(fs.readText(`${dir}/resource`) ?? '');
}

/**
 * The numbers of the prefetchable memory BARs in a `resource` file of sysfs, where each line holds start, end and flags of
 * one. A 64-bit BAR takes the line after its own too, which then is all zeros.
 */
export function parsePrefetchableBars(text: string): number[] {
  return text.split('\n', barCount).flatMap((line, bar) => {
    const match = /^0x[0-9a-f]{1,16} 0x[0-9a-f]{1,16} 0x([0-9a-f]{1,16})$/i.exec(line.trim());
    const flags = BigInt(`0x${match?.[1] ?? '0'}`);
    return (flags & isMemory) !== 0n && (flags & isPrefetchable) !== 0n ? [bar] : [];
  });
}
