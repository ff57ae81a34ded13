// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../client/kube-client.ts';
import { readNodePages } from '../../status/read-node-pages.ts';
import { scrub } from '../allow/scrub.ts';
import type { Digest } from '../digest.ts';
import type { PartScope } from '../parts.ts';
import { fileName } from './nodes.ts';

/** What the agents say of their nodes: devices, their states and counters, and what stands in the way. */
export async function collectAgents(
  client: KubeClient,
  namespace: string,
  nodes: ReadonlySet<string> | null,
  digest: Digest,
  scope: PartScope,
): Promise<void> {
  const isWanted = (node: string) => (nodes === null || nodes.has(node)) && !digest.silent.has(node);
  const answers = await readNodePages(client, namespace, scope.signal, isWanted);
  const hidden = [...answers.values()].flatMap((answer) =>
    answer.page === null && !answer.isShown ? [answer.why] : [],
  );
  if (hidden[0] !== undefined && hidden.length === answers.size) return scope.skip(`no agent was asked: ${hidden[0]}`);
  for (const [node, answer] of answers) {
    if (answer.page === null) {
      scope.gap(node, answer.isShown ? 'failed' : 'skipped', answer.why);
      continue;
    }
    // Its fields are those of the schema; only these sentences can be anything.
    const problems = answer.page.problems.map(scrub);
    await scope.add(`agents/${fileName(node)}.json`, { ...answer.page, problems });
  }
}
