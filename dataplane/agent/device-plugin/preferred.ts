// SPDX-License-Identifier: Apache-2.0

/** As if there were such a node, after all others. */
const notKnown = Number.MAX_SAFE_INTEGER;

/**
 * Which `size` of the available devices a container should have: those that it must have, and as many as possible of one
 * NUMA node with them, because packets that cross to another node cost twice. Else in the order of their ids. Pure.
 */
export function preferred(
  available: readonly string[],
  required: readonly string[],
  size: number,
  numaNodes: ReadonlyMap<string, number>,
): string[] {
  const chosen = [...new Set(required)];
  const free = [...new Set(available)].filter((id) => !chosen.includes(id)).sort();
  const missing = Math.max(0, size - chosen.length);
  const nodeOf = (id: string) => numaNodes.get(id) ?? notKnown;
  const countOf = (ids: readonly string[], node: number) => ids.filter((id) => nodeOf(id) === node).length;
  const nodes = [...new Set([...chosen, ...free].map(nodeOf))];
  // First where the required ones are, then the node that has enough for all, and of those the one with the fewest left over.
  const rank = (node: number): readonly number[] => {
    const here = countOf(free, node);
    return [-countOf(chosen, node), here >= missing ? 0 : 1, here >= missing ? here : -here, node];
  };
  const order = nodes.sort((a, b) => compare(rank(a), rank(b)));
  const byNode = order.flatMap((node) => free.filter((id) => nodeOf(id) === node));
  return [...chosen, ...byNode.slice(0, missing)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
