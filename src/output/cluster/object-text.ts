// SPDX-License-Identifier: Apache-2.0
import type { ObjectRef } from '../../cluster/objects/object-ref.ts';
import { printable } from '../text-table.ts';

/** `DaemonSet vdpactl-system/vdpactl-agent`, as people name it. */
export function objectText({ kind, namespace, name }: ObjectRef): string {
  return printable(`${kind} ${namespace === null ? name : `${namespace}/${name}`}`);
}

/** `1 node`, `2 nodes` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
