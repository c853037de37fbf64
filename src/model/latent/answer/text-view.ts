/** A text with characters taken out that still knows where each of the others stood. */

/** Texts and their places in UTF-16 units, as JavaScript counts. */
export interface TextView {
  readonly text: string;
  /** Place of each unit in the whole text; one more for the end. */
  readonly places: readonly number[];
}

/** A text that nothing was taken out of. */
export function wholeText(text: string): TextView {
  return { text, places: Array.from({ length: text.length + 1 }, (_, place) => place) };
}

/**
 * Replaces a text by a part of it everywhere, left to right, as Python's `str.replace` does.
 *
 * @param kept which units of `find` stay: `[from, to)`; default none.
 */
export function withPart({ text, places }: TextView, find: string, kept: readonly [number, number] = [0, 0]): TextView {
  const pieces: string[] = [];
  const stay: number[] = [];
  const take = (from: number, to: number): void => {
    pieces.push(text.slice(from, to));
    for (let at = from; at < to; at++) stay.push(places[at] ?? 0);
  };
  let from = 0;
  for (let at = text.indexOf(find); at >= 0; at = text.indexOf(find, from)) {
    take(from, at);
    take(at + kept[0], at + kept[1]);
    from = at + find.length;
  }
  take(from, text.length);
  return { text: pieces.join(""), places: [...stay, places.at(-1) ?? 0] };
}

/** What lies between two places of a view, as it stands in the whole text. @param whole the text that the view is of. */
export function spanOf(
  { places }: TextView,
  whole: string,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly text: string; readonly start: number; readonly end: number } {
  const start = places[from] ?? whole.length;
  const end = to > from ? (places[to - 1] ?? whole.length) + 1 : start;
  return { text: whole.slice(start, end), start, end };
}
