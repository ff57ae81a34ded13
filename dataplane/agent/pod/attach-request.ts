// SPDX-License-Identifier: Apache-2.0
import { schemaVersion } from '../../../src/schema-version.ts';
import type { BackendSpec } from '../../contract/backend-spec.ts';
import { socketInPod } from '../../contract/pod-paths.ts';
import type { IpamCall } from '../cni/ipam.ts';
import type { Addresses } from '../cni/result.ts';
import { deviceInfoOf } from './device-info.ts';
import type { PodRecord } from './record.ts';

/** What is asked for a pod. */
export interface AttachRequest {
  readonly pod: PodRecord['pod'];
  readonly container: string;
  readonly interface: string;
  readonly network: string;
  readonly spec: BackendSpec;
  /** null: the device has its own. */
  readonly mac: string | null;
  /** Those that are given without asking anybody. */
  readonly addresses: Addresses;
  readonly deviceInfoFile: string | null;
  readonly ipam: IpamCall | null;
}

/** Whose interface it is: what a DEL knows at least. */
export interface InterfaceName {
  readonly pod: string | null;
  readonly container: string;
  readonly interface: string;
}

/** The record of an attachment that is about to be made. */
export function newRecord(request: AttachRequest): PodRecord {
  const { pod, container, network, spec, mac, addresses, deviceInfoFile, ipam } = request;
  return withAddresses(
    {
      schemaVersion,
      kind: 'PodAttachment',
      state: 'changing',
      pod,
      container,
      network,
      attachment: {
        device: spec.device,
        interface: request.interface,
        mac,
        queues: spec.queues,
        queueSize: spec.queueSize,
        ips: [],
        'device-info': deviceInfoOf(spec, request.interface),
      },
      addresses,
      deviceInfoFile,
      ipam,
    },
    addresses,
  );
}

export function withAddresses(record: PodRecord, addresses: Addresses): PodRecord {
  const ips = addresses.ips.map(({ address }) => address);
  return { ...record, addresses, attachment: { ...record.attachment, ips } };
}

/** What stands in for a record that is damaged, while its pod still has the device: nobody else gets it meanwhile. */
export function standIn(pod: string, interfaceName: string, device: string): PodRecord {
  const path = socketInPod(interfaceName);
  return {
    schemaVersion,
    kind: 'PodAttachment',
    state: 'attached',
    pod: { uid: pod, namespace: '', name: '' },
    container: unknownContainer,
    network: '',
    attachment: {
      device,
      interface: interfaceName,
      mac: null,
      queues: 1,
      queueSize: 256,
      ips: [],
      'device-info': { type: 'vhost-user', version: '1.1.0', 'vhost-user': { mode: 'server', path } },
    },
    addresses: { ips: [], routes: [], dns: {} },
    deviceInfoFile: null,
    ipam: null,
  };
}

/** No container has this name, and any container of the pod may be meant. */
export const unknownContainer = '';
