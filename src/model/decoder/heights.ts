/** Heights within one forward: where rows that differ part. Numbers only, so that a plan needs no engine. */

/** Height of what enters: embeddings, the projection, `latents.hook_input`. */
export const ENTRY = 0;
/** Height of everything inside a block before its output. */
export const insideHeight = (layer: number): number => 1 + 2 * layer;
/** Height of a block's output, `hook_resid_post`. */
export const outputHeight = (layer: number): number => 2 + 2 * layer;
/** Height of the final norm and the logits. */
export const finalHeight = (layers: number): number => 1 + 2 * layers;

/** The share of all blocks that a level's rows go through. @param next height of the level above, or null. */
export function levelShare(height: number, next: number | null, layers: number): number {
  const below = (at: number): number => Math.min(layers, Math.floor(at / 2));
  return (below(next ?? finalHeight(layers)) - below(height)) / layers;
}
