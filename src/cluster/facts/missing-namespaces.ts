// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { namespaces } from '../../templates/kubernetes/namespaces.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { unlessMissing } from '../objects/live-object.ts';

/** Which namespaces of the stack are not there. One that may not be looked at counts as there. */
export async function missingNamespaces(client: KubeClient, config: Config, signal: AbortSignal): Promise<string[]> {
  const missing = await Promise.all(
    namespaces(config).map(async ({ metadata: { name } }) => {
      try {
        const found = await unlessMissing(client.request({ path: `/api/v1/namespaces/${name}`, signal }));
        return found === null ? [name] : [];
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) return [];
        throw error;
      }
    }),
  );
  return missing.flat();
}
