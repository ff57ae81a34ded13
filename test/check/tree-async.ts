// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tree, writeTree } from '../fixtures/tree.ts';

/** Calls `use` with a folder that holds the tree, and removes it once that is done. */
export async function withTreeAsync<T>(tree: Tree, use: (root: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-tree-'));
  try {
    writeTree(root, tree);
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
