// SPDX-License-Identifier: Apache-2.0

/** As many pods go by one request. */
const batchSize = 50;

/** The batch of a node, by its place in the order of the run: its pod has it as a label. */
export const batchOf = (index: number): string => String(Math.floor(index / batchSize));

/** Finds out when all nodes of a batch are done, so that their pods can go together: a request for fifty, not for each. */
export class PodBatches {
  readonly #open = new Map<string, { missing: number; readonly ended: string[] }>();
  readonly #remove: (batch: string, pods: readonly string[]) => Promise<void>;
  readonly #removing = new Set<Promise<void>>();

  constructor(nodes: number, remove: (batch: string, pods: readonly string[]) => Promise<void>) {
    this.#remove = remove;
    for (let index = 0; index < nodes; index += 1) {
      const batch = this.#open.get(batchOf(index));
      if (batch === undefined) this.#open.set(batchOf(index), { missing: 1, ended: [] });
      else batch.missing += 1;
    }
  }

  /** A node is done. `pod`: it ended and is still there; null: nothing of it is. */
  done(index: number, pod: string | null): void {
    const name = batchOf(index);
    const batch = this.#open.get(name);
    if (batch === undefined) return;
    batch.missing -= 1;
    if (pod !== null) batch.ended.push(pod);
    if (batch.missing > 0) return;
    this.#open.delete(name);
    if (batch.ended.length === 0) return;
    const removing = this.#remove(name, batch.ended).finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  /** Resolves when all that was begun to be removed is. */
  async settled(): Promise<void> {
    await Promise.all(this.#removing);
  }
}
