/** A batch of sequences as data: which question each row answers, where it branches off, what is pinned. */

/** One sequence of a run. */
export interface RowPlan {
  /** Number of the question in the run. */
  readonly question: number;
  /** BOS, question (and EOS), BOT where the protocol prefills it. */
  readonly promptIds: readonly number[];
  /** The row it continues and the step where it leaves it; null for rows that are prefilled themselves. */
  readonly branch: { readonly parent: number; readonly at: ForkPoint } | null;
  /** First latent whose input is kept at the clean row's value, and that row; null where latents are recomputed. */
  readonly pin: { readonly from: number; readonly cleanRow: number } | null;
}

/** Where a branch leaves its parent: before latent k, or before EOT (`k = numLatents`). */
export interface ForkPoint {
  readonly latent: number;
}

/** Rows that run at a step: those prefilled, and branches whose fork point has come. `step` counts latents; EOT is `numLatents`. */
export function activeRows(rows: readonly RowPlan[], step: number): number[] {
  return rows.flatMap((row, id) => (row.branch === null || row.branch.at.latent <= step ? [id] : []));
}

/**
 * How the rows of the next step continue those of the last: `order[i]` is the place, in `before`, of the row that `after[i]` continues.
 */
export function continuation(rows: readonly RowPlan[], before: readonly number[], after: readonly number[]): number[] {
  const places = new Map(before.map((id, place) => [id, place]));
  return after.map((id) => {
    const own = places.get(id);
    if (own !== undefined) return own;
    const parent = places.get(rows[id]?.branch?.parent ?? -1);
    if (parent === undefined) throw new RangeError(`Row ${id} branches from a row that does not run`);
    return parent;
  });
}
