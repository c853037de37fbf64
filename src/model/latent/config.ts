/** `codi.json`: what a checkpoint with latents adds to its language model. All fields optional. */

import { z } from "zod";
import { BadInputError, firstIssue, UsageError } from "../../base/errors.js";
import type { LatentTokens } from "./protocols/decide.js";
import { hasLatents, loopOf, mayHaveEos } from "./protocols/loop.js";
import { type AnyProtocol, DEFAULT_PROTOCOL, PROTOCOL_NAMES } from "./protocols/names.js";

/** Settings of the latent loop. */
export interface CodiConfig {
  /** 0 under a protocol without latents. */
  readonly numLatents: number;
  readonly loraAlpha: number;
  /** False: EOS goes before BOT and after EOT. */
  readonly removeEos: boolean;
  readonly protocol: AnyProtocol;
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

/** As the published models have them, and the most that a file may say. */
export const DEFAULT_LATENTS = 6;
const MOST_LATENTS = 64;

const id = z.int().nonnegative();
const schema = z.strictObject({
  num_latents: z.int().min(1).max(MOST_LATENTS).optional(),
  lora_alpha: z.number().positive().default(32),
  remove_eos: z.boolean().optional(),
  protocol: z.enum(PROTOCOL_NAMES).optional(),
  pad_token_id: id.optional(),
  bot_token_id: id.optional(),
  eot_token_id: id.optional(),
  eos_token_id: id.optional(),
  prj_layer_norm: z.boolean().optional(),
});

/** `codi.json` as it is written. */
export type CodiFields = z.infer<typeof schema>;

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

/** What is settled besides the file. */
export interface Settled {
  /** Default: what the file says, else `codi`. */
  readonly protocol?: AnyProtocol;
  /** Latents that were asked for. */
  readonly latents?: number | undefined;
  /** Coconut's tokens, where the tokenizer has them. */
  readonly latentTokens?: LatentTokens | null;
}

/** @param json parsed `codi.json`, or undefined where there is none. @throws BadInputError naming the field. */
export function readCodiFields(json: unknown, where: string): CodiFields {
  const checked = schema.safeParse(json ?? {});
  if (!checked.success) throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "correct the file");
  return checked.data;
}

/**
 * @param c what `codi.json` says. @param vocabulary `where`: its path, for messages.
 * @throws BadInputError naming the field; UsageError for a number of latents that cannot be.
 */
export function codiConfigOf(
  c: CodiFields,
  { where, ...vocabulary }: VocabularyRows & Settled & { readonly where: string },
): CodiConfig {
  const protocol = vocabulary.protocol ?? c.protocol ?? DEFAULT_PROTOCOL;
  if (c.remove_eos !== undefined && !mayHaveEos(loopOf(protocol)))
    throw new BadInputError(
      `${where}: remove_eos is ${c.remove_eos}, but protocol ${protocol} puts no EOS before or after the latents`,
      "take remove_eos out of codi.json",
    );
  return {
    numLatents: latentsOf(c, { protocol, asked: vocabulary.latents }),
    loraAlpha: c.lora_alpha,
    removeEos: c.remove_eos ?? true,
    protocol,
    eosTokenId: c.eos_token_id ?? null,
    prjLayerNorm: c.prj_layer_norm ?? null,
    ...specialIds(c, { ...vocabulary, protocol }, where),
  };
}

function latentsOf(
  { num_latents: stated }: CodiFields,
  { protocol, asked }: { readonly protocol: AnyProtocol; readonly asked: number | undefined },
): number {
  const hasNone = !hasLatents(protocol);
  if (asked !== undefined && hasNone)
    throw new UsageError(`latents is ${asked}, but protocol ${protocol} has no latents`, "leave one of the two out");
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= MOST_LATENTS))
    throw new UsageError(`latents is ${asked}, wanted a whole number from 1 to ${MOST_LATENTS}`, "correct it");
  return hasNone ? 0 : (asked ?? stated ?? DEFAULT_LATENTS);
}

type SpecialIds = Pick<CodiConfig, "padTokenId" | "botTokenId" | "eotTokenId" | "rowsAdded">;

function specialIds(
  { pad_token_id: pad, ...ids }: CodiFields,
  { size, rows, firstAdded, needed, ...settled }: VocabularyRows & Settled & { readonly protocol: AnyProtocol },
  where: string,
): SpecialIds {
  const tokens = settled.latentTokens ?? null;
  const { bot_token_id: bot = tokens?.start, eot_token_id: eot = tokens?.end } = ids;
  const order = addedRows(settled.protocol);
  const some = bot === undefined || eot === undefined;
  // Of two that lie together, one alone is no ground to guess the other from.
  const isHalf = rows === size && some && bot !== eot;
  if (needed && some && (firstAdded === null || isHalf)) throw unknownIds(where, rows);
  const first = firstAdded ?? size;
  const [botTokenId, eotTokenId] = [bot ?? first + order.bot, eot ?? first + order.eot];
  // The third is never fed: where nothing tells it, it stands beside BOT as the trainer adds them.
  const third =
    firstAdded === null && bot !== undefined ? Math.max(0, bot + order.third - order.bot) : first + order.third;
  const padTokenId = pad ?? tokens?.latent ?? Math.min(third, Math.max(rows - 1, first));
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

/** Coconut adds start, end, `<|latent|>`; CODI pad, BOT, EOT. */
function addedRows(protocol: AnyProtocol): Readonly<Record<"bot" | "eot" | "third", number>> {
  return loopOf(protocol).rowsAdded === "start first" ? { bot: 0, eot: 1, third: 2 } : { bot: 1, eot: 2, third: 0 };
}

function unknownIds(where: string, rows: number): BadInputError {
  return new BadInputError(
    `${where}: bot_token_id and eot_token_id are not given, and the embedding has no rows beyond config.json's vocab_size ${rows}`,
    `add "pad_token_id": …, "bot_token_id": …, "eot_token_id": … to codi.json (${rows - 3}, ${rows - 2}, ${rows - 1} if vocab_size was saved after the trainer added its three rows)`,
  );
}
