// SPDX-License-Identifier: Apache-2.0
import { type BackendSpec, hasProcess } from '../../contract/backend-spec.ts';

/** What a container is given for its devices. */
export interface Allocation {
  readonly envs: Readonly<Record<string, string>>;
  readonly devices: readonly {
    readonly container_path: string;
    readonly host_path: string;
    readonly permissions: string;
  }[];
}

/** As the SR-IOV network device plugin calls it for the same resource, so that no workload has to know who advertises. */
const idsVariable = 'PCIDEVICE_VDPACTL_IO_VDPA';

/**
 * What the container of these devices gets: their ids, and the character device of those that the kernel hands out. A device
 * with a socket needs no more: that comes through the pod's volume. null: one of them is not offered.
 */
export function allocate(ids: readonly string[], specs: readonly BackendSpec[]): Allocation | null {
  const wanted = ids.map((id) => specs.find(({ device }) => device === id));
  if (wanted.includes(undefined)) return null;
  const paths = wanted.flatMap((spec) => (spec === undefined || hasProcess(spec) ? [] : [spec.path]));
  return {
    envs: { [idsVariable]: ids.join(',') },
    devices: paths.map((path) => ({ container_path: path, host_path: path, permissions: 'rw' })),
  };
}
