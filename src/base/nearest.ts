/** What somebody may have meant by a name that is none. */

/** Those names first that differ from the text by the fewest letters, whatever their case. */
export function nearestFirst(text: string, names: readonly string[]): string[] {
  return byDistance(text, names).map(({ name }) => name);
}

/** The name that is probably meant: the nearest, where at most a third of its letters differ; else null. */
export function meantName(text: string, names: readonly string[]): string | null {
  const [nearest] = byDistance(text, names);
  return nearest !== undefined && nearest.distance <= Math.max(1, nearest.name.length / 3) ? nearest.name : null;
}

/** `, did you mean "latent"?` where a name is near, else nothing. */
export function didYouMean(text: string, names: readonly string[]): string {
  const name = meantName(text, names);
  return name === null ? "" : `, did you mean "${name}"?`;
}

function byDistance(text: string, names: readonly string[]): { readonly name: string; readonly distance: number }[] {
  const wanted = text.toLowerCase();
  return names
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
}

/** Levenshtein distance: how many letters differ, are missing or too many. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
