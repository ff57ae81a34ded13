// SPDX-License-Identifier: Apache-2.0
import { isOlder } from '../node-words.ts';

/** The oldest Kubernetes that vdpactl is made for: server-side apply, CEL and gRPC probes are in it. */
const oldest = [1, 27] as const;

export const neededKubernetes = `Kubernetes ${oldest.join('.')} or later`;

/** `v1.31.2-eks-abc` as `[1, 31]`; null for what is no version. */
export function kubernetesVersion(text: string): readonly [number, number] | null {
  const match = /^v?(\d{1,3})\.(\d{1,3})/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

export function isTooOld(version: readonly [number, number]): boolean {
  return isOlder(version, oldest);
}
