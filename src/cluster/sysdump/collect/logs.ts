// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../client/kube-client.ts';
import { inParallel } from '../../objects/in-parallel.ts';
import { scrub } from '../allow/scrub.ts';
import type { Digest } from '../digest.ts';
import type { PartScope } from '../parts.ts';
import { endOfLog, type LogLimits } from './end-of-log.ts';
import { fileName } from './nodes.ts';
import type { LoggedPod } from './pods.ts';

interface WantedLog {
  readonly pod: LoggedPod;
  readonly container: string;
  readonly previous: boolean;
}

/** Of all logs together. */
const totalBytes = 512 * 1024 * 1024;

/** The logs of pods, now and before their last restart. What a silent node has is not asked for: it would only take time. */
export async function collectLogs(
  client: KubeClient,
  pods: readonly LoggedPod[],
  limits: LogLimits & { readonly parallel: number },
  digest: Digest,
  scope: PartScope,
): Promise<void> {
  const wanted = pods.flatMap((pod) =>
    pod.containers.flatMap(({ name: container, hasPrevious }): WantedLog[] => [
      { pod, container, previous: false },
      ...(hasPrevious ? [{ pod, container, previous: true }] : []),
    ]),
  );
  let bytes = 0;
  let done = 0;
  await inParallel(wanted, limits.parallel, async ({ pod, container, previous }) => {
    const name = `${pod.namespace}/${pod.name}/${container}${previous ? ' before its restart' : ''}`;
    scope.signal.throwIfAborted();
    if (digest.silent.has(pod.node)) {
      scope.gap(name, 'skipped', `the kubelet of ${pod.node} does not answer`);
    } else if (bytes >= totalBytes) {
      scope.gap(name, 'skipped', 'the logs before it are as large as logs may be together; see --node-list');
    } else {
      try {
        const text = scrub(
          await endOfLog(
            client,
            { namespace: pod.namespace, name: pod.name, container, previous },
            limits,
            scope.signal,
          ),
        );
        bytes += Buffer.byteLength(text);
        const file = [pod.namespace, pod.name, container].map(fileName).join('/');
        await scope.add(`logs/${file}${previous ? '.previous' : ''}.log`, text);
      } catch (error) {
        scope.signal.throwIfAborted();
        scope.gap(name, 'failed', error);
      }
    }
    done += 1;
    scope.update(`${done} of ${wanted.length} logs`);
  });
}
