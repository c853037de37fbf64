/** `codi.json`: what a CODI checkpoint adds to its language model. All fields optional. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../errors.js";

/** Settings of the latent loop. */
export interface CodiConfig {
  readonly numLatents: number;
  readonly loraAlpha: number;
  /** False: EOS goes before BOT and after EOT. */
  readonly removeEos: boolean;
  readonly protocol: "codi" | "seed";
  readonly padTokenId: number;
  readonly botTokenId: number;
  readonly eotTokenId: number;
  /** EOS, where the file says it; else the tokenizer's files do. */
  readonly eosTokenId: number | null;
  /** Embedding rows that the trainer added for pad, BOT and EOT: 3, or 0 when the ids lie inside the vocabulary. */
  readonly rowsAdded: 0 | 3;
}

const id = z.int().nonnegative();
const schema = z.strictObject({
  num_latents: z.int().min(1).max(64).default(6),
  lora_alpha: z.number().positive().default(32),
  remove_eos: z.boolean().default(true),
  protocol: z.enum(["codi", "seed"]).default("codi"),
  pad_token_id: id.optional(),
  bot_token_id: id.optional(),
  eot_token_id: id.optional(),
  eos_token_id: id.optional(),
});

/**
 * @param json parsed `codi.json`, or undefined where there is none.
 * @param vocabSize `config.vocab_size`, before rows were added.
 * @throws BadInputError naming the field.
 */
export function parseCodiConfig(json: unknown, vocabSize: number, where: string): CodiConfig {
  const checked = schema.safeParse(json ?? {});
  if (!checked.success) throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "correct the file");
  const c = checked.data;
  const padTokenId = c.pad_token_id ?? vocabSize;
  const botTokenId = c.bot_token_id ?? vocabSize + 1;
  const eotTokenId = c.eot_token_id ?? vocabSize + 2;
  const all = [padTokenId, botTokenId, eotTokenId];
  const beyond = all.find((each) => each > vocabSize + 2);
  if (beyond !== undefined)
    throw new BadInputError(
      `${where}: special token id ${beyond} lies beyond the vocabulary of ${vocabSize} and its 3 added rows`,
      "correct the file",
    );
  if (botTokenId === eotTokenId)
    throw new BadInputError(`${where}: bot_token_id and eot_token_id are both ${botTokenId}`, "correct the file");
  const rowsAdded = all.some((each) => each >= vocabSize) ? 3 : 0;
  return {
    numLatents: c.num_latents,
    loraAlpha: c.lora_alpha,
    removeEos: c.remove_eos,
    protocol: c.protocol,
    padTokenId,
    botTokenId,
    eotTokenId,
    eosTokenId: c.eos_token_id ?? null,
    rowsAdded,
  };
}
