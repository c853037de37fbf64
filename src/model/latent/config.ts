/** `codi.json`: what a CODI checkpoint adds to its language model. All fields optional. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { DEFAULT_PROTOCOL, PROTOCOL_NAMES, type ProtocolName } from "./protocols/names.js";

/** Settings of the latent loop. */
export interface CodiConfig {
  readonly numLatents: number;
  readonly loraAlpha: number;
  /** False: EOS goes before BOT and after EOT. */
  readonly removeEos: boolean;
  readonly protocol: ProtocolName;
  readonly padTokenId: number;
  readonly botTokenId: number;
  readonly eotTokenId: number;
  /** EOS, where the file says it; else the tokenizer's files do. */
  readonly eosTokenId: number | null;
  /** Does a LayerNorm end the projection? Null where `codi.json` does not say: then the weights do. */
  readonly prjLayerNorm: boolean | null;
  /** Embedding rows that the trainer added for pad, BOT and EOT: 3, or 0 when the ids lie inside the vocabulary. */
  readonly rowsAdded: 0 | 3;
}

const id = z.int().nonnegative();
const schema = z.strictObject({
  num_latents: z.int().min(1).max(64).default(6),
  lora_alpha: z.number().positive().default(32),
  remove_eos: z.boolean().default(true),
  protocol: z.enum(PROTOCOL_NAMES).default(DEFAULT_PROTOCOL),
  pad_token_id: id.optional(),
  bot_token_id: id.optional(),
  eot_token_id: id.optional(),
  eos_token_id: id.optional(),
  prj_layer_norm: z.boolean().optional(),
});

/** What the files say of the vocabulary. */
export interface VocabularyRows {
  /** `config.vocab_size`. */
  readonly size: number;
  /** Rows of the embedding: `size`, or three more. */
  readonly rows: number;
  /** Id of the first of the trainer's three added rows; null where no file tells. */
  readonly firstAdded: number | null;
  /** Has the model latents, so that the ids play a part? */
  readonly needed: boolean;
}

/**
 * @param json parsed `codi.json`, or undefined where there is none.
 * @throws BadInputError naming the field.
 */
export function parseCodiConfig(json: unknown, vocabulary: VocabularyRows, where: string): CodiConfig {
  const checked = schema.safeParse(json ?? {});
  if (!checked.success) throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "correct the file");
  const c = checked.data;
  return {
    numLatents: c.num_latents,
    loraAlpha: c.lora_alpha,
    removeEos: c.remove_eos,
    protocol: c.protocol,
    eosTokenId: c.eos_token_id ?? null,
    prjLayerNorm: c.prj_layer_norm ?? null,
    ...specialIds(c, vocabulary, where),
  };
}

type SpecialIds = Pick<CodiConfig, "padTokenId" | "botTokenId" | "eotTokenId" | "rowsAdded">;

function specialIds(
  { pad_token_id: pad, bot_token_id: bot, eot_token_id: eot }: z.infer<typeof schema>,
  { size, rows, firstAdded, needed }: VocabularyRows,
  where: string,
): SpecialIds {
  const some = bot === undefined || eot === undefined;
  // Of two that lie together, one alone is no ground to guess the other from.
  const isHalf = rows === size && some && bot !== eot;
  if (needed && some && (firstAdded === null || isHalf)) throw unknownIds(where, rows);
  const first = firstAdded ?? size;
  const [botTokenId, eotTokenId] = [bot ?? first + 1, eot ?? first + 2];
  // Pad is never fed: where nothing tells it, it stands before BOT, as the trainer adds them.
  const padTokenId = pad ?? (firstAdded === null && bot !== undefined ? Math.max(0, bot - 1) : first);
  const given = [pad, bot, eot].filter((id) => id !== undefined);
  const beyond = given.find((id) => id >= rows);
  if (beyond !== undefined)
    throw new BadInputError(
      `${where}: special token id ${beyond} lies beyond the embedding's ${rows} rows (vocab_size ${size}, ${rows - size} added)`,
      "write the ids that the model was trained with",
    );
  if (botTokenId === eotTokenId)
    throw new BadInputError(
      `${where}: bot_token_id and eot_token_id are both ${botTokenId}`,
      "write the ids that the model was trained with",
    );
  if (needed && rows > size && [botTokenId, eotTokenId].every((id) => id < size))
    throw new BadInputError(
      `${where}: BOT ${botTokenId} and EOT ${eotTokenId} lie inside the vocabulary of ${size}, but the embedding has ${rows} rows`,
      `if the trainer added the rows, take the ids out of codi.json: they are ${size}, ${size + 1} and ${size + 2}; else set "vocab_size": ${rows} in config.json`,
    );
  return { padTokenId, botTokenId, eotTokenId, rowsAdded: rows > size ? 3 : 0 };
}

function unknownIds(where: string, rows: number): BadInputError {
  return new BadInputError(
    `${where}: bot_token_id and eot_token_id are not given, and the embedding has no rows beyond config.json's vocab_size ${rows}`,
    `add "pad_token_id": …, "bot_token_id": …, "eot_token_id": … to codi.json (${rows - 3}, ${rows - 2}, ${rows - 1} if vocab_size was saved after the trainer added its three rows)`,
  );
}
