/** What one batch takes beside the weights. */

import type { DecoderConfig } from "../../model/decoder/config.js";

/** Bytes of keys, values and activations, estimated from above. @param positions of the longest row. */
export function activationBytes(config: DecoderConfig, rows: number, positions: number): number {
  const { dModel, dMlp, layers, heads, kvHeads, dHead, vocabSize } = config;
  const cache = rows * positions * layers * 2 * kvHeads * dHead;
  const activations = rows * (6 * dModel + 3 * dMlp + 2 * vocabSize + heads * positions);
  return 4 * (cache + activations);
}
