// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { type LiveObject, readLive } from '../objects/live-object.ts';
import { hasEnded, parseHolder } from '../stack/holder.ts';
import { leaseRef } from '../stack/lease-object.ts';
import type { LeaseHolder } from './status-types.ts';

const specSchema = z.object({
  holderIdentity: z.string().nullish(),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
});

/** Who is changing the stack; null: nobody, or there is none. */
export async function readHolder(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<LeaseHolder | null> {
  return holderOf(await readLive(client, leaseRef(namespace), signal));
}

export function holderOf(lease: LiveObject | null): LeaseHolder | null {
  const spec = specSchema.safeParse(lease?.['spec']).data;
  const text = spec?.holderIdentity ?? '';
  if (text === '') return null;
  const known = parseHolder(text);
  return {
    holder: known === null ? text : `${known.user} on ${known.host} (process ${known.pid})`,
    since: spec?.acquireTime ?? null,
    renewed: spec?.renewTime ?? null,
    ended: known !== null && hasEnded(known),
  };
}
