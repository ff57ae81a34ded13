// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** A locally administered unicast MAC address, the same for the same node and device every time. */
export function macAddressFor(node: string, device: string): string {
  const digest = createHash('sha256').update(`${node}/${device}`).digest();
  return ['02', ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
