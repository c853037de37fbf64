/** Where two answers differ. */

/** @returns the answer in three parts: as in the baseline, different, as in the baseline. */
export function differingPart(baseline: string, answer: string): readonly [string, string, string] {
  const [before, after] = [words(baseline), words(answer)];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const part = (from: number, to: number): string => after.slice(from, to).join("");
  return [part(0, start), part(start, after.length - end), part(after.length - end, after.length)];
}

/** Words and the blanks between them, so that joining gives the text back. */
function words(text: string): string[] {
  return text.split(/(\s+)/).filter((part) => part !== "");
}
