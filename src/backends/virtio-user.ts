// SPDX-License-Identifier: Apache-2.0
import { type Attachment, pathOf } from '../../dataplane/contract/attachment.ts';

/**
 * The EAL arguments that put a program on its attachments, one an item. They are the same on every provider, but for what
 * is at the path.
 *
 * On a socket the workload is the vhost-user server and the backend connects to it: only so does virtio-user survive a
 * restart of the backend. A vhost-vdpa device is opened, and has its own MAC address. The memory options keep a workload
 * inside vhost-user's limit of eight memory regions, leave no file behind, and need no privilege. The host's own NICs are
 * none of a workload's business (`--no-pci`).
 */
export function ealArguments(attachments: readonly Attachment[]): string[] {
  const vdevs = attachments.map((attachment, index) => {
    const { mac, queues, queueSize } = attachment;
    const role = attachment['device-info'].type === 'vhost-user' ? ',server=1' : '';
    const address = mac === null ? '' : `,mac=${mac}`;
    const path = pathOf(attachment);
    return `--vdev=net_virtio_user${index},path=${path}${role}${address},queues=${queues},queue_size=${queueSize}`;
  });
  return [...vdevs, '--no-pci', '--in-memory', '--single-file-segments', '--iova-mode=va'];
}
