/** Tables before they are drawn. */

/** What a row is of; the page's script filters by it. */
export interface RowKeys {
  readonly level?: string;
  readonly latent?: number;
}

/** A table before it is drawn: texts as they came, escaped by whoever draws. */
export interface TableData {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** One a row, where rows are of a level or a latent. */
  readonly keys: readonly RowKeys[];
}

/**
 * A table; rows are of a level or a latent where they say so.
 *
 * @throws RangeError where a row has more or fewer cells than the header: every cell after would stand under another's heading.
 * @example
 * ```ts
 * table("answers", { header: ["latent", "broken"], rows: [["0", "3"]] }).rows.length; // → 1
 * ```
 */
export function table(
  name: string,
  { header, rows, keys = [] }: Omit<TableData, "name" | "keys"> & Partial<Pick<TableData, "keys">>,
): TableData {
  const odd = rows.findIndex(({ length }) => length !== header.length);
  if (odd >= 0)
    throw new RangeError(
      `Row ${odd + 1} of the table "${name}" has ${rows[odd]?.length} cells under ${header.length} headings`,
    );
  return { name, header, rows, keys };
}

/** Why there is no test, in the fewest words: it stands in many rows. */
export const UNTESTED = { control: "a control", unchanged: "no answer changed" } as const;

/** Whether a cell says why there is no number, as `show` and `showP` do. */
export function isReason(text: string): boolean {
  return /^(?:not (?:defined|estimable)|too few)/.test(text);
}
