/** What studies of knockouts keep in their conditions' records. */

import { z } from "zod";

const share = z.number().nonnegative();

/** Not of older versions. */
export const knockoutFields = {
  /**
   * By latent, how far the residual stream after the last block is from the baseline's: ‖this − baseline‖ / ‖baseline‖, null where the
   * baseline's is all zero.
   */
  latentChange: z.array(share.nullable()).optional(),
  /**
   * By block, share of the reader's attention that goes in the baseline to the positions which the condition cuts, mean over heads; where
   * the reader is BOT, a latent or EOT.
   */
  cutAttention: z.array(share).optional(),
};
