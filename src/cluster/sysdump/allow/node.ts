// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { conditions, metadata } from './metadata.ts';
import { pick, quantities, type Shape } from './pick.ts';
import { asMap } from './pod.ts';

const shape: Shape = {
  metadata,
  spec: { providerID: true, unschedulable: true, taints: [{ key: true, effect: true, timeAdded: true }] },
  status: {
    capacity: quantities,
    allocatable: quantities,
    conditions,
    addresses: [{ type: true, address: true }],
    nodeInfo: {
      kernelVersion: true,
      osImage: true,
      containerRuntimeVersion: true,
      kubeletVersion: true,
      operatingSystem: true,
      architecture: true,
    },
  },
};

/** A node as a sysdump has it. Pure. */
export function allowedNode(node: unknown): Json {
  return { kind: 'Node', ...asMap(pick(node, shape)) };
}
