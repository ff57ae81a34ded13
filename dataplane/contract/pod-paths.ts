// SPDX-License-Identifier: Apache-2.0
import { join, normalize } from 'node:path';
import * as z from 'zod';
import { type AttachmentsFile, attachmentSchema, attachmentsFileSchema } from './attachment.ts';
import type { RunDir } from './run-dir.ts';

/** Where the parts of a node and its pods meet. Kubelet makes what is below `pods`, Multus names the device-info files. */
export interface PodPaths {
  /** Kubelet's folder of pods. */
  readonly pods: string;
  /** Where Multus looks for what a CNI plugin says of a device. */
  readonly deviceInfo: string;
}

export const hostPodPaths: PodPaths = {
  pods: '/var/lib/kubelet/pods',
  deviceInfo: '/var/run/k8s.cni.cncf.io/devinfo/cni',
};

/** The volume of a pod in which it finds its attachments, by its name in the manifest. */
export const podVolumeName = 'vdpa';
/** Where the containers of a pod have that volume. */
export const podVdpaDir = '/var/run/vdpa';

export const attachmentsFileName = 'attachments.json';
export const argumentsFileName = 'eal.args';
export const socketName = 'vhost.sock';

export const podFolder = (paths: PodPaths, pod: string): string => join(paths.pods, pod);
export const podVolume = (paths: PodPaths, pod: string): string =>
  join(paths.pods, pod, 'volumes', 'kubernetes.io~empty-dir', podVolumeName);
/** What the containers of a pod open. */
export const socketInPod = (interfaceName: string): string => `${podVdpaDir}/${interfaceName}/${socketName}`;
/** The record of an attachment. */
export const recordFile = (dir: RunDir, pod: string, interfaceName: string): string =>
  join(dir.attachments, pod, `${interfaceName}.json`);

/** Bytes: a name may have 255, and while it is written it begins with a dot and ends with `.tmp`. */
export const maxDeviceInfoName = 250;

/** Whether this is, in the one spelling of it, a file of the folder of device information: root writes and removes it. */
export function isDeviceInfoFile(path: string, folder: string): boolean {
  const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
  const isPlain = /^[^/\0]+$/.test(name) && name !== '.' && name !== '..' && normalize(path) === path;
  return isPlain && Buffer.byteLength(name) <= maxDeviceInfoName;
}

/** A pod's uid: it becomes the name of a folder. Static pods have a hash, all others a UUID. */
export const podUidPattern = /^[0-9A-Za-z](?:[0-9A-Za-z-]{0,62}[0-9A-Za-z])?$/;

/**
 * The name of a pod's interface, which becomes the name of a folder in its volume: what Linux allows, less names that
 * hide, that lead elsewhere, or that a file there has.
 */
export const podInterfacePattern = /^(?!eal\.args$)[0-9A-Za-z][0-9A-Za-z._-]{0,14}$/;

/** The attachments.json of a pod: as anywhere, but that who asks for the network may name the interface. */
export const podAttachmentSchema = attachmentSchema.extend({ interface: z.string().regex(podInterfacePattern) });
export const podAttachmentsFileSchema = attachmentsFileSchema.extend({ attachments: z.array(podAttachmentSchema) });
export type PodAttachmentsFile = AttachmentsFile;
