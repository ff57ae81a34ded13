// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { ClusterFacts } from '../../check/cluster/cluster-facts.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { listPages } from '../watch/list-pages.ts';

const containerSchema = z.object({
  image: z.string().default(''),
  command: z.array(z.string()).nullish(),
  args: z.array(z.string()).nullish(),
});
const daemonSetSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(containerSchema), initContainers: z.array(containerSchema).nullish() }),
    }),
  }),
  status: z.object({ desiredNumberScheduled: z.int().default(0), numberReady: z.int().default(0) }).nullish(),
});

type DaemonSet = z.infer<typeof daemonSetSchema>;
type Multus = NonNullable<ClusterFacts['multus']>;

/** The programs of Multus' image. Its image goes by other names where it is mirrored or built by a vendor. */
const programs = /(?:^|\/)(?:multus-daemon|multus-shim|thin_entrypoint|install_multus)\b/;

/** Multus, as some DaemonSet of the cluster runs it; null: none does. Pages of which one is in memory. */
export async function findMultus(client: KubeClient, signal: AbortSignal): Promise<Multus | null> {
  const found: Multus[] = [];
  await listPages(client, { path: '/apis/apps/v1/daemonsets', signal }, (items) => {
    for (const item of items) {
      const parsed = daemonSetSchema.safeParse(item);
      const multus = parsed.success ? multusOf(parsed.data) : null;
      if (multus !== null) found.push(multus);
    }
  });
  // Of several, one for each architecture perhaps, the one on most nodes.
  return found.sort((a, b) => b.desired - a.desired)[0] ?? null;
}

/** What a DaemonSet says of Multus; null: it is something else. Pure. */
export function multusOf({ metadata, spec, status }: DaemonSet): Multus | null {
  const { containers, initContainers } = spec.template.spec;
  const main = containers.find(isMultus);
  if (main === undefined) return null;
  const all = [...containers, ...(initContainers ?? [])];
  const isThick = all.some((each) => /thick|multus-daemon/.test(`${each.image} ${wordsOf(each)}`));
  return {
    kind: isThick ? 'thick' : 'thin',
    image: main.image === '' ? null : main.image,
    namespace: metadata.namespace,
    desired: status?.desiredNumberScheduled ?? 0,
    ready: status?.numberReady ?? 0,
  };
}

function isMultus(container: DaemonSet['spec']['template']['spec']['containers'][number]): boolean {
  // `multus-cni`, `multus`; not `multus-admission-controller` or a policy for its networks.
  const name = /([^/]*?)(?::[^/]*)?(?:@.*)?$/.exec(container.image)?.[1] ?? '';
  return /^multus(?:-cni)?(?:-(?:thick|thin|plugin).*)?$/.test(name) || programs.test(wordsOf(container));
}

const wordsOf = ({ command, args }: Pick<z.infer<typeof containerSchema>, 'command' | 'args'>): string =>
  [...(command ?? []), ...(args ?? [])].join(' ');
