// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import type { LabNode } from '../node.ts';
import { mountPoints } from './host-picture.ts';

const recordSchema = z.object({ container: z.string(), pod: z.object({ uid: z.string() }) });

export interface Attached {
  readonly pod: string;
  readonly container: string;
  /** Changes when the record is written anew. */
  readonly writtenMs: number;
}

/** What is attached on a node, by the records. */
export function attachments(node: LabNode): Attached[] {
  return names(node, '/run/vdpa/attachments').map((uid) => {
    const file = node.path(`/run/vdpa/attachments/${uid}/net1.json`);
    const { container, pod } = recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { pod: pod.uid, container, writtenMs: statSync(file).mtimeMs };
  });
}

/** All that pods have on a node, or have left there: of a pod that is gone nothing may be among it. */
export function traces(node: LabNode): string[] {
  return [
    ...names(node, '/run/vdpa/attachments').map((uid) => `record of ${uid}`),
    ...deviceMounts(node),
    ...names(node, '/run/k8s.cni.cncf.io/devinfo/cni').map((name) => `device information ${name}`),
    ...names(node, '/var/lib/cni/networks').flatMap((network) => addresses(node, network)),
    ...names(node, '/run/netns').map((name) => `network name space ${name}`),
    ...names(node, '/var/lib/kubelet/pods').map((uid) => `folder of ${uid}`),
  ].sort();
}

/** The mounts of devices, and on top of them those of what is attached. */
export function deviceMounts(node: LabNode): string[] {
  return mountPoints(node).filter((at) => at.startsWith('/run/vdpa/dev/'));
}

function addresses(node: LabNode, network: string): string[] {
  const given = names(node, `/var/lib/cni/networks/${network}`).filter((name) => /^[0-9a-f]*[.:]/.test(name));
  return given.map((address) => `address ${address} of ${network}`);
}

function names(node: LabNode, folder: string): string[] {
  const path = node.path(folder);
  return existsSync(path) ? readdirSync(path) : [];
}
