// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../client/kube-client.ts';

export interface LogLimits {
  /** Only what is younger, s; null: however old. */
  readonly sinceSeconds: number | null;
  /** Of each container, and of each before a restart: the end of its log. */
  readonly limitBytes: number;
}

/** Which log. */
export interface LogOf {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** That of the container before its last restart. */
  readonly previous: boolean;
}

/** A kubelet that does not answer is waited for by the API server, which says so in the end. */
const requestMs = 15_000;
/** Lines are mostly longer: then it is asked once more for as many as fit. */
const shortLine = 16;
const attempts = 8;

/** The last bytes of a log. Kubernetes hands out the first bytes or the last lines, so fewer lines until they fit. */
export async function endOfLog(
  client: Pick<KubeClient, 'text'>,
  { namespace, name, container, previous }: LogOf,
  { sinceSeconds, limitBytes }: LogLimits,
  signal: AbortSignal,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  let tailLines = Math.max(1, Math.ceil(limitBytes / shortLine));
  for (let attempt = 0; ; attempt += 1) {
    const query = {
      ...{ container, previous, tailLines, timestamps: true, limitBytes: limitBytes + 1 },
      ...(sinceSeconds === null || previous ? {} : { sinceSeconds }),
    };
    const { text, truncated } = await client.text({ path, query, signal, timeoutMs: requestMs }, limitBytes);
    if (!truncated || attempt >= attempts || tailLines === 1) return text;
    // As many as fitted, if those after them are as long.
    tailLines = Math.max(1, Math.floor((text.split('\n').length - 1) * 0.9));
  }
}
