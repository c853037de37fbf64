/** Seconds that a slow machine takes for planned work: what a part of a batch is cut by. Nothing is measured, so that all machines cut alike. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import { blockWeights, SLOW_MACHINE } from "../../model/latent/plan/forward-cost.js";
import type { TreeCost } from "../../model/latent/plan/tree-cost.js";

const { flops: FLOPS, bytesASecond: BYTES_A_SECOND, blockSeconds: BLOCK_SECONDS } = SLOW_MACHINE;

/** Seconds of batches on a machine that is slower than most. */
export function slowSeconds(costs: readonly TreeCost[], config: DecoderConfig): number {
  const { layers, dModel, vocabSize } = config;
  const block = blockWeights(config);
  const seconds = costs.map(
    ({ forwards, heads: readings }) =>
      forwards.reduce((sum, { cells, share }) => sum + share * layers * (BLOCK_SECONDS + through(block, cells)), 0) +
      readings.reduce((sum, cells) => sum + through(dModel * vocabSize, cells), 0),
  );
  return seconds.reduce((sum, each) => sum + each, 0);
}

/** Every weight is read once a forward and multiplied once a cell. */
function through(weights: number, cells: number): number {
  return cells === 0 ? 0 : (4 * weights) / BYTES_A_SECOND + (2 * weights * cells) / FLOPS;
}
