/** Token ids of questions as our runs feed them, for contenders without a tokenizer; needs no engine. */

import { openFolder } from "../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../src/model/checkpoint/load.js";
import { tokenizerOf } from "../src/model/latent/load/tokenizer-of.js";
import { promptIdsOf } from "../src/model/latent/prompt.js";

/** @param protocol `codi` and `coconut` have BOT at the end, `seed` has not. */
export async function promptsOf(
  model: string,
  questions: readonly string[],
  protocol: "codi" | "seed" | "coconut" = "codi",
): Promise<number[][]> {
  const checkpoint = await openCheckpoint(openFolder(model));
  try {
    const tokenizer = tokenizerOf(checkpoint);
    const { codi, eosTokenId } = checkpoint;
    return questions.map((question) => promptIdsOf({ tokenizer, codi, eosTokenId, protocol }, question));
  } finally {
    await checkpoint.close();
  }
}
