/** The candidate that was probably meant: at most `most` edits away and less than half of the word. */
export function nearMiss(word: string, candidates: Iterable<string>, most = 2): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(most, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean mom?)`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>, most = 2): string {
  const candidate = nearMiss(word, candidates, most);
  return candidate === undefined ? "" : ` (did you mean ${candidate}?)`;
}

/** Optimal string alignment distance: insert, delete, replace, swap of two neighbours. */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1];
      const above = rows[i - 1] as number[];
      let cost = Math.min(
        (above[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (above[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        cost = Math.min(cost, ((rows[i - 2] as number[])[j - 2] as number) + 1);
      }
      row.push(cost);
    }
    rows.push(row);
  }
  return (rows[left.length] as number[])[right.length] as number;
}
