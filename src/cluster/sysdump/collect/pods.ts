// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../../client/kube-client.ts';
import { allowedPod } from '../allow/pod.ts';
import { scrub } from '../allow/scrub.ts';
import type { Digest } from '../digest.ts';
import { eachPage } from '../each-page.ts';
import type { PartScope } from '../parts.ts';
import { fileName } from './nodes.ts';

const stateSchema = z.object({ message: z.string().nullish(), reason: z.string().nullish() }).nullish();
const statusSchema = z.object({
  name: z.string(),
  ready: z.boolean().default(false),
  restartCount: z.int().default(0),
  containerID: z.string().nullish(),
  state: z.object({ waiting: stateSchema, running: z.unknown().optional(), terminated: stateSchema }).nullish(),
  lastState: z.object({ terminated: z.unknown().optional() }).nullish(),
});
const podSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ nodeName: z.string().nullish() }),
  status: z
    .object({
      phase: z.string().nullish(),
      message: z.string().nullish(),
      reason: z.string().nullish(),
      initContainerStatuses: z.array(statusSchema).nullish(),
      containerStatuses: z.array(statusSchema).nullish(),
      ephemeralContainerStatuses: z.array(statusSchema).nullish(),
    })
    .nullish(),
});

type Pod = z.infer<typeof podSchema>;

/** A pod whose logs are wanted. */
export interface LoggedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ready: boolean;
  readonly containers: readonly { readonly name: string; readonly hasPrevious: boolean }[];
}

/** The pods of the stack; answers those that have logs, what does not work first. */
export async function collectPods(
  client: KubeClient,
  namespaces: readonly string[],
  nodes: ReadonlySet<string> | null,
  digest: Digest,
  scope: PartScope,
): Promise<LoggedPod[]> {
  const found: LoggedPod[] = [];
  for (const namespace of namespaces) {
    const query = { labelSelector: 'app.kubernetes.io/part-of=vdpactl', signal: scope.signal };
    const path = `/api/v1/namespaces/${namespace}/pods`;
    for await (const page of eachPage(client, { path, ...query })) {
      for (const item of page) {
        const pod = podSchema.parse(item);
        const node = pod.spec.nodeName ?? '';
        if (nodes !== null && node !== '' && !nodes.has(node)) continue;
        found.push(note(pod, digest));
        const file = [namespace, pod.metadata.name].map(fileName).join('/');
        await scope.add(`pods/${file}.json`, { pod: allowedPod(item) });
      }
    }
  }
  return found.sort((a, b) => Number(a.ready) - Number(b.ready) || (a.name < b.name ? -1 : 1));
}

function note({ metadata, spec, status }: Pod, digest: Digest): LoggedPod {
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = status ?? {};
  const own = containerStatuses ?? [];
  const all = [...(initContainerStatuses ?? []), ...own, ...(ephemeralContainerStatuses ?? [])];
  const phase = status?.phase ?? '';
  const ready = phase === 'Succeeded' || (own.length > 0 && own.every((each) => each.ready));
  const trouble = all
    .map(({ state }) => state?.waiting ?? state?.terminated)
    .find((each) => each?.reason || each?.message);
  const node = spec.nodeName ?? '';
  const why = [status?.reason, status?.message, trouble?.reason, trouble?.message].filter(Boolean).join(': ');
  const restarts = all.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const message = scrub(ready ? '' : why.slice(0, 500));
  digest.pods.add({ ...metadata, node, phase, ready, restarts, message });
  const containers = all.filter(hasStarted).map(({ name, restartCount, lastState }) => {
    return { name, hasPrevious: restartCount > 0 || lastState?.terminated !== undefined };
  });
  return { ...metadata, node, ready, containers };
}

/** One that never did has no log. */
function hasStarted({ containerID, state, lastState }: z.infer<typeof statusSchema>): boolean {
  return Boolean(containerID || state?.running || state?.terminated || lastState?.terminated);
}
