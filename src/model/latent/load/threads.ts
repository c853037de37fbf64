/** How many threads the engine's ops should have. */

import type { DecoderConfig } from "../../decoder/config.js";

// Of the largest matrix of a block. At 256 × 768 a question takes 98 ms with one thread and 155 ms with two, at 512 × 1536 steps of many
// rows are faster with two (docs/lab-log.md).
const WORTH_WAKING = 2 ** 18;

/** @returns 1 where waking another thread takes longer than its share of an op, else undefined: as many as the engine wants. */
export function threadsFor({ dModel, dMlp }: Pick<DecoderConfig, "dModel" | "dMlp">): 1 | undefined {
  return dModel * dMlp < WORTH_WAKING ? 1 : undefined;
}
