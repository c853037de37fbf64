/** Log-probabilities on the host, in double precision. */

/** `x - log Σ exp x`. */
export function logSoftmax(logits: Float32Array): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (const each of logits) most = Math.max(most, each);
  let total = 0;
  for (const each of logits) total += Math.exp(each - most);
  const shift = most + Math.log(total);
  return Float64Array.from(logits, (each) => each - shift);
}
