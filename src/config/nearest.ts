// SPDX-License-Identifier: Apache-2.0

/** Longer words than this are not misspelt keys, and comparing them would cost more than it tells. */
const longestWord = 64;

/**
 * Damerau–Levenshtein distance: how many insertions, deletions, substitutions and swaps of neighbours lead from one
 * word to the other. A true metric: letters may be inserted between swapped ones.
 */
export function editDistance(from: string, to: string): number {
  const width = to.length + 2;
  const unreachable = from.length + to.length;
  // One guard row and column before the usual ones, for a swap that begins before the first letter.
  const table = new Uint32Array((from.length + 2) * width);
  const at = (row: number, column: number): number => table[(row + 1) * width + column + 1] ?? unreachable;
  const put = (row: number, column: number, cost: number): void => {
    table[(row + 1) * width + column + 1] = cost;
  };
  put(-1, -1, unreachable);
  for (let row = 0; row <= from.length; row++) {
    put(row, -1, unreachable);
    put(row, 0, row);
  }
  for (let column = 0; column <= to.length; column++) {
    put(-1, column, unreachable);
    put(0, column, column);
  }
  const lastRowOf = new Map<string, number>();
  for (let row = 1; row <= from.length; row++) {
    let lastMatch = 0;
    for (let column = 1; column <= to.length; column++) {
      const swapRow = lastRowOf.get(to.charAt(column - 1)) ?? 0;
      const swapColumn = lastMatch;
      const same = from.charAt(row - 1) === to.charAt(column - 1);
      if (same) lastMatch = column;
      put(
        row,
        column,
        Math.min(
          at(row - 1, column - 1) + (same ? 0 : 1),
          at(row, column - 1) + 1,
          at(row - 1, column) + 1,
          at(swapRow - 1, swapColumn - 1) + (row - swapRow - 1) + 1 + (column - swapColumn - 1),
        ),
      );
    }
    lastRowOf.set(from.charAt(row - 1), row);
  }
  return at(from.length, to.length);
}

/**
 * The candidate that a misspelt word most likely stands for, or null when none comes close. Case, hyphens and
 * underscores do not count; a word that is a part of a candidate (`size` of `queueSize`) comes second to a misspelling.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const folded = fold(word);
  if (folded.length === 0 || folded.length > longestWord) return null;
  let best: { candidate: string; cost: number } | null = null;
  for (const candidate of candidates) {
    if (candidate === word) return candidate;
    const cost = costOf(folded, fold(candidate));
    if (cost !== null && (best === null || cost < best.cost)) best = { candidate, cost };
  }
  return best?.candidate ?? null;
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

/** Smaller is nearer; null is too far. One letter in three may be wrong. */
function costOf(word: string, candidate: string): number | null {
  if (candidate.length > longestWord) return null;
  const allowed = Math.floor(Math.max(word.length, candidate.length) / 3);
  if (Math.abs(word.length - candidate.length) <= allowed) {
    const distance = editDistance(word, candidate);
    if (distance <= allowed) return distance;
  }
  const [part, whole] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  if (part.length >= 3 && whole.startsWith(part)) return longestWord + whole.length - part.length;
  if (part.length >= 4 && whole.includes(part)) return 2 * longestWord + whole.length - part.length;
  return null;
}
