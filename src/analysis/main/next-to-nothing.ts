/** When attention is too small to mean anything. */

/** A latent that gets less than this of a reader's attention is hardly read: a thousandth of a row of hundreds of positions. */
const NOTHING = 1e-5;

/** @param median over all rows of a layer; null where it is not known. */
export function isNextToNothing(median: number | null): boolean {
  return median !== null && median < NOTHING;
}
