/** Token ids of questions as our runs feed them, for contenders without a tokenizer; needs no engine. */

import { openFolder } from "../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../src/model/checkpoint/load.js";
import { tokenizerOf } from "../src/model/codi/tokenizer-of.js";

/** @param protocol `codi` has BOT at the end, `seed` has not. */
export async function promptsOf(
  model: string,
  questions: readonly string[],
  protocol: "codi" | "seed" = "codi",
): Promise<number[][]> {
  const checkpoint = await openCheckpoint(openFolder(model));
  try {
    const tokenizer = tokenizerOf(checkpoint);
    const { codi, config } = checkpoint;
    const end = codi.removeEos ? [codi.botTokenId] : [config.eosTokenIds[0] ?? 0, codi.botTokenId];
    return questions.map((question) => [...tokenizer.encodePrompt(question), ...(protocol === "codi" ? end : [])]);
  } finally {
    await checkpoint.close();
  }
}
