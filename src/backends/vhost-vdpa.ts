// SPDX-License-Identifier: Apache-2.0
import type { KernelSpec } from '../../dataplane/contract/backend-spec.ts';
import { schemaVersion } from '../schema-version.ts';

export interface VhostVdpaOptions {
  readonly device: string;
  /** The name of the vDPA device. */
  readonly vdpa: string;
  /** Its character device, `/dev/vhost-vdpa-0`. */
  readonly path: string;
  readonly queues: number;
  readonly queueSize: number;
}

/** A vDPA device that the kernel hands out: no process, and nothing that could crash. */
export function vhostVdpaBackend({ device, vdpa, path, queues, queueSize }: VhostVdpaOptions): KernelSpec {
  return {
    schemaVersion,
    kind: 'Backend',
    device,
    backend: 'vhost-vdpa',
    wire: { kind: 'nic', at: device },
    mac: null,
    queues,
    queueSize,
    path,
    vdpa,
  };
}
