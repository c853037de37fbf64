/** How an answer depends on the directions that are swapped: the gradient by a basis, of the gradients by what the swap wrote. */

/** One position that was swapped. */
export interface SwappedPosition {
  /** By what stands there after the swap, `[width]`. */
  readonly gradient: Float32Array;
  /** What the source has there less what the base had before the swap, `[width]`. */
  readonly difference: Float32Array;
}

/**
 * Of base + RᵀR · difference, with R `[rank, width]`: for each row r of R the sum over positions of
 * gradient · ⟨r, difference⟩ + difference · ⟨r, gradient⟩.
 *
 * @returns `[rank, width]`, added to `sum`.
 */
export function addBasisGradient(
  sum: Float64Array,
  rows: Float64Array,
  { gradient, difference }: SwappedPosition,
): void {
  const width = gradient.length;
  for (let from = 0; from < rows.length; from += width) {
    let carried = 0;
    let wanted = 0;
    for (let i = 0; i < width; i++) {
      const r = rows[from + i] ?? 0;
      carried += r * (difference[i] ?? 0);
      wanted += r * (gradient[i] ?? 0);
    }
    for (let i = 0; i < width; i++)
      sum[from + i] = (sum[from + i] ?? 0) + (gradient[i] ?? 0) * carried + (difference[i] ?? 0) * wanted;
  }
}
