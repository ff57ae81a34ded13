// SPDX-License-Identifier: Apache-2.0
import type { Cloud } from '../../platform/node-report.ts';

const source = 'Kubernetes: spec.providerID';

/** What a cloud's controller manager wrote into the node object, as far as it tells where the node runs. */
export function cloudOfNode(
  providerId: string | null | undefined,
  labels: Readonly<Record<string, string>> = {},
): Cloud | null {
  const label = (name: string) => labels[name] || null;
  const region = label('topology.kubernetes.io/region');
  const zone = label('topology.kubernetes.io/zone');
  const instanceType = label('node.kubernetes.io/instance-type');
  // aws:///us-east-1a/i-0abc: the zone has the region and a letter, but for local zones.
  const [, awsZone, awsId] = /^aws:\/\/\/([a-z0-9-]+)\/(i-[0-9a-f]+)$/.exec(providerId ?? '') ?? [];
  if (awsZone !== undefined && awsId !== undefined) {
    const ofZone = /^[a-z]+(?:-[a-z]+)+-\d+(?=[a-z]$)/.exec(awsZone)?.[0] ?? null;
    return { name: 'aws', instanceId: awsId, instanceType, region: region ?? ofZone, zone: zone ?? awsZone, source };
  }
  // cn-hangzhou.i-bp1abc, with or without a scheme.
  const [, place, id] = /^(?:alicloud:\/\/)?([a-z]+-[a-z0-9-]+)\.(i-[a-z0-9]+)$/.exec(providerId ?? '') ?? [];
  if (place === undefined || id === undefined) return null;
  return { name: 'alibaba', instanceId: id, instanceType, region: region ?? place, zone, source };
}
