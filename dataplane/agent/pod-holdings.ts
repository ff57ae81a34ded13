// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import { type podFolder, podVolume } from '../contract/pod-paths.ts';
import type { HeldAttachment } from './attachment-store.ts';
import { GrpcError } from './grpc-error.ts';
import type { Holdings } from './node-service.ts';
import { type PodRecord, podText } from './pod/record.ts';

/**
 * The attachments of pods, as the service of our own shows them. Pods get and lose devices by CNI alone: nobody else knows
 * when they are gone.
 */
export function podHoldings(store: { all(): PodRecord[] }, paths: Parameters<typeof podFolder>[0]): Holdings {
  const refuse = (): never => {
    throw new GrpcError(status.FAILED_PRECONDITION, 'on a node of a cluster devices are attached to pods, through CNI');
  };
  return {
    all: () =>
      store.all().map(
        ({ pod, attachment }): HeldAttachment => ({
          ...attachment,
          workload: podText(pod),
          folder: podVolume(paths, pod.uid),
        }),
      ),
    attach: refuse,
    detach: refuse,
  };
}
