// SPDX-License-Identifier: Apache-2.0
import { isLock, takeLock } from '../../../src/process/kernel-lock.ts';

/** The addresses of one lab cluster, which no other on this machine uses at the same time. */
export interface LabNetwork {
  /** The machine's end of the cable to the node. */
  readonly hostInterface: string;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly podRange: string;
  /** What the pods of all nodes have their addresses of. */
  readonly podRanges: string;
  /** The same for a second node, which is a machine of its own. */
  readonly guest: {
    readonly hostInterface: string;
    readonly hostAddress: string;
    readonly nodeAddress: string;
    readonly podRange: string;
  };
  readonly serviceRange: string;
  /** The service `kubernetes`: the first address of the range. */
  readonly serverAddress: string;
  release(): Promise<void>;
}

const clusters = 16;

/** Takes addresses of RFC 2544's range for benchmarks, which no real network uses. Throws when all are taken. */
export async function takeNetwork(): Promise<LabNetwork> {
  for (let number = 0; number < clusters; number++) {
    const lock = await takeLock(`cluster-lab-${number}`, 'a cluster of the lab');
    if (!isLock(lock)) continue;
    const part = (index: number) => `198.19.${number * 4 + index}`;
    return {
      hostInterface: `vdpalab${number}`,
      hostAddress: `${part(0)}.1`,
      nodeAddress: `${part(0)}.2`,
      serviceRange: `${part(1)}.0/24`,
      serverAddress: `${part(1)}.1`,
      podRange: `${part(2)}.0/24`,
      podRanges: `${part(2)}.0/23`,
      guest: {
        hostInterface: `vdpalab${number}g`,
        hostAddress: `${part(0)}.5`,
        nodeAddress: `${part(0)}.6`,
        podRange: `${part(3)}.0/24`,
      },
      release: () => lock.release(),
    };
  }
  throw new Error(`${clusters} clusters of the lab run already`);
}
