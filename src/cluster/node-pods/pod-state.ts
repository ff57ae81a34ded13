// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

const text = z.string().nullish();

const containerStatusSchema = z.object({
  state: z
    .object({
      waiting: z.object({ reason: text, message: text }).nullish(),
      running: z.object({}).nullish(),
      terminated: z.object({ exitCode: z.int(), reason: text, message: text }).nullish(),
    })
    .nullish(),
});

/** As much of a pod as tells how far it has come. */
export const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  status: z
    .object({
      phase: text,
      reason: text,
      message: text,
      containerStatuses: z.array(containerStatusSchema).nullish(),
    })
    .nullish(),
});

export type Pod = z.infer<typeof podSchema>;

export type PodState =
  /** Nothing is known to be wrong. */
  | { readonly kind: 'waiting' }
  /** kubelet tries again by itself, mostly in vain. */
  | { readonly kind: 'trouble'; readonly why: string }
  /** Its program has ended: what it says is in its message and its log. `why`: what is wrong with that end, if anything. */
  | { readonly kind: 'ended'; readonly exitCode: number; readonly message: string; readonly why: string }
  /** It did not run and will not. */
  | { readonly kind: 'failed'; readonly why: string };

/** Reasons for which a container waits without anything being wrong. */
const starting = new Set(['ContainerCreating', 'PodInitializing', '']);
/** An image that kubelet could not pull just now. */
const pulling = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);

/** How far a pod has come that runs one program once. `what` is the name of that: `the probe`. */
export function podState({ status }: Pod, what: string): PodState {
  const state = status?.containerStatuses?.[0]?.state;
  const ended = state?.terminated;
  if (status?.phase === 'Succeeded') return { kind: 'ended', exitCode: 0, message: ended?.message ?? '', why: '' };
  if (status?.phase === 'Failed') {
    if (!ended || status.reason) return { kind: 'failed', why: words(status.reason, status.message, 'the pod failed') };
    return { kind: 'ended', exitCode: ended.exitCode, message: ended.message ?? '', why: endWords(ended, what) };
  }
  const waiting = state?.waiting;
  const reason = waiting?.reason ?? '';
  if (!waiting || starting.has(reason)) return { kind: 'waiting' };
  const why = words(reason, waiting.message, '');
  return pulling.has(reason) ? { kind: 'trouble', why } : { kind: 'failed', why };
}

type Ended = NonNullable<NonNullable<z.infer<typeof containerStatusSchema>['state']>['terminated']>;

function endWords({ exitCode, reason, message }: Ended, what: string): string {
  if (reason === 'OOMKilled') return `${what} took more memory than its limit (OOMKilled)`;
  const lines = (message ?? '').trim().split('\n');
  const told = lines.find((line) => line.startsWith('error VDPA-')) ?? lines.at(-1) ?? '';
  return `${what} ended with exit code ${exitCode}${told === '' ? '' : `: ${told.slice(0, 500)}`}`;
}

function words(reason: string | null | undefined, message: string | null | undefined, otherwise: string): string {
  const parts = [reason ?? '', (message ?? '').trim().slice(0, 1000)].filter((part) => part !== '');
  return parts.length === 0 ? otherwise : parts.join(': ');
}
