/** Merges a LoRA pair into its base weight: W + (alpha / r) · B · A (Hu et al., arXiv 2106.09685). */

/**
 * Adds `scale · B · A` to `base` in place, in float32 steps of whole rows.
 *
 * @param base `[out, in]`. @param a `[r, in]`. @param b `[out, r]`.
 */
export function mergeLora(
  base: Float32Array,
  a: Float32Array,
  b: Float32Array,
  size: { out: number; in: number; r: number },
  scale: number,
): void {
  const row = new Float64Array(size.in);
  for (let o = 0; o < size.out; o++) {
    row.fill(0);
    for (let k = 0; k < size.r; k++) {
      const factor = b[o * size.r + k] as number;
      const from = k * size.in;
      for (let i = 0; i < size.in; i++) row[i] = (row[i] as number) + factor * (a[from + i] as number);
    }
    const to = o * size.in;
    for (let i = 0; i < size.in; i++) base[to + i] = (base[to + i] as number) + scale * (row[i] as number);
  }
}
