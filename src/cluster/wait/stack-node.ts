// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { fullResourceName } from '../../templates/kubernetes/names.ts';

const labels = z.record(z.string(), z.string());

/** As much of a node as a stack has to do with; its images, which are most of it, are forgotten. */
export const stackNodeSchema = z.object({
  metadata: z.object({
    name: z.string(),
    resourceVersion: z.string().nullish(),
    labels: labels.nullish(),
    annotations: labels.nullish(),
  }),
  spec: z
    .object({
      unschedulable: z.boolean().nullish(),
      taints: z.array(z.object({ key: z.string(), value: z.string().nullish(), effect: z.string() })).nullish(),
    })
    .nullish(),
  status: z
    .object({
      allocatable: z.record(z.string(), z.string()).nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().nullish() })).nullish(),
    })
    .nullish(),
});

export type StackNode = z.infer<typeof stackNodeSchema>;

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** A number of devices, as Kubernetes writes numbers: `8`, and `1k` for a thousand. */
export function deviceCount(quantity: string | undefined): number {
  const [, digits, suffix = ''] = /^(\d{1,15})([kMG]?)$/.exec(quantity ?? '') ?? [];
  return digits === undefined ? 0 : Number(digits) * (factors[suffix] ?? 1);
}

/** How many devices kubelet says that pods on the node can have. */
export function allocatableDevices({ status }: StackNode): number {
  return deviceCount(status?.allocatable?.[fullResourceName]);
}

/** Why no pod can become ready there; null: the node is ready. */
export function whyNotReady({ status }: StackNode): string | null {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return null;
  if (ready === undefined) return 'its kubelet has said nothing yet';
  const message = ready.message?.trim() ?? '';
  return message === '' ? 'it is not ready' : `it is not ready: ${message}`;
}
