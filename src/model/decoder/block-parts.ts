/** What a transformer block is made of. */

import type { AttentionContext, AttentionWeights } from "./attention.js";
import type { BlockKeys } from "./key-book.js";
import type { Mlp } from "./mlp.js";
import type { Norm } from "./norm.js";

/** One block's weights. */
export interface BlockWeights {
  readonly norm1: Norm;
  readonly attention: AttentionWeights;
  readonly norm2: Norm;
  readonly mlp: Mlp;
}

/** What a block needs beside its input. */
export type BlockContext = Omit<AttentionContext, "weights"> & {
  readonly weights: BlockWeights;
  readonly keys: BlockKeys;
};
