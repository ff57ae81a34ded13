// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';

const versionSchema = z.object({ gitVersion: z.string() });

/** `v1.31.2-eks-abc`, as the API server says it. */
export async function serverVersion(client: KubeClient, signal: AbortSignal): Promise<string> {
  return versionSchema.parse(await client.request({ path: '/version', signal })).gitVersion;
}
