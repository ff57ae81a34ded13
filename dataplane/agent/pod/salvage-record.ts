// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { attachmentSchema } from '../../contract/attachment.ts';
import { ipamCallSchema } from '../cni/ipam.ts';
import { addressesSchema } from '../cni/result.ts';
import { standIn } from './attach-request.ts';
import { type PodRecord, podRecordSchema } from './record.ts';

const { shape } = podRecordSchema;
const { shape: attachment } = attachmentSchema;

/** What undoing needs, each by itself: these names and what they hold stay the same in every version (docs/adr/0018). */
const essentials = z.object({
  state: shape.state.catch('attached'),
  pod: z.object({ namespace: z.string().catch(''), name: z.string().catch('') }).catch({ namespace: '', name: '' }),
  container: z.string().optional().catch(undefined),
  network: z.string().catch(''),
  attachment: z.object({
    device: attachment.device,
    mac: attachment.mac.catch(null),
    queues: attachment.queues.optional().catch(undefined),
    queueSize: attachment.queueSize.optional().catch(undefined),
    ips: attachment.ips.catch([]),
    'device-info': attachment['device-info'].optional().catch(undefined),
  }),
  addresses: addressesSchema.catch({ ips: [], routes: [], dns: {} }),
  deviceInfoFile: z.string().nullable().catch(null),
  ipam: ipamCallSchema.nullable().catch(null),
});

/**
 * The record of an interface that another version wrote, as far as it says by which device, mount, file and addresses it is
 * undone: enough to hold the device and for a DEL to leave nothing. null: it does not even name its device.
 */
export function salvageRecord(text: string, pod: string, interfaceName: string): PodRecord | null {
  const found = parsed(text);
  if (found === null) return null;
  const { attachment: has, container, ...said } = found;
  const base = standIn(pod, interfaceName, has.device);
  return {
    ...base,
    ...said,
    container: container ?? base.container,
    pod: { ...said.pod, uid: pod },
    attachment: {
      ...base.attachment,
      mac: has.mac,
      queues: has.queues ?? base.attachment.queues,
      queueSize: has.queueSize ?? base.attachment.queueSize,
      ips: has.ips,
      'device-info': has['device-info'] ?? base.attachment['device-info'],
    },
  };
}

function parsed(text: string): z.infer<typeof essentials> | null {
  try {
    return essentials.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
