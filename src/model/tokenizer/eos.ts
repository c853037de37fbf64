/**
 * Which token ends an answer. The reference takes `tokenizer.eos_token_id` of transformers, so `config.json` counts only where the
 * tokenizer's own files say nothing.
 */

import { z } from "zod";
import { BadInputError } from "../../base/errors.js";
import type { Assumed } from "../assumed.js";

/** What the files of a checkpoint say of EOS. */
export interface EosSources {
  /** `eos_token_id` of `codi.json`, or null. */
  readonly codi: number | null;
  /** Ids in `config.json`; none where it says nothing. */
  readonly config: readonly number[];
  /** Parsed `tokenizer.json`. */
  readonly tokenizerJson: unknown;
  /** Parsed `tokenizer_config.json`, where there is one. */
  readonly tokenizerConfig: unknown;
  /** Rows of the embedding. */
  readonly vocabRows: number;
}

/** The id, and what there is to say of how it was chosen. */
export interface Eos {
  readonly id: number;
  /** Null where all files agree, and where none says it. */
  readonly notice: string | null;
  /** Itself, where no file settles it; else nothing. */
  readonly assumed: readonly Assumed[];
}

// transformers' LlamaConfig has this id where config.json has none.
const DEFAULT_ID = 2;

/** @throws BadInputError for a token that the tokenizer does not have, and an id without an embedding. */
export function eosOf(sources: EosSources): Eos {
  const eos = chosen(sources, tokensOf(sources.tokenizerJson));
  if (eos.id >= sources.vocabRows)
    throw new BadInputError(
      `EOS is id ${eos.id}, the embedding has rows 0 to ${sources.vocabRows - 1}`,
      "correct eos_token_id in config.json or codi.json: a model whose EOS cannot be said never stops",
    );
  return eos;
}

function chosen({ codi, config, tokenizerConfig }: EosSources, tokens: Tokens): Eos {
  const named = namedBy(tokenizerConfig, tokens);
  const also = config.length === 0 ? null : `config.json lists ${config.join(", ")}`;
  const sameAsConfig = (id: number): boolean => config.every((each) => each === id);
  if (codi !== null) {
    const others = [
      named === null || named.id === codi ? null : `tokenizer_config.json says ${named.said}`,
      sameAsConfig(codi) ? null : also,
    ].filter((other) => other !== null);
    const notice = others.length === 0 ? null : `EOS is id ${codi}, as codi.json says; ${others.join(", ")}`;
    return { id: codi, notice, assumed: [] };
  }
  if (named !== null) {
    const notice = `EOS is ${named.said}, as tokenizer_config.json says; ${also}. The reference takes the tokenizer's, and it alone ends an answer`;
    return { id: named.id, notice: sameAsConfig(named.id) ? null : notice, assumed: [] };
  }
  return withoutName(config, tokens);
}

/** By `config.json`, as far as `tokenizer.json` agrees. */
function withoutName(config: readonly number[], tokens: Tokens): Eos {
  const [only, ...others] = [...new Set(config)].filter((id) => tokens.special.has(id));
  const listed = `config.json lists ${config.join(", ")}, and tokenizer_config.json names none`;
  if (only !== undefined && others.length === 0) {
    const notice = `EOS is id ${only}: ${listed}; of these only ${only} is a special token of tokenizer.json`;
    return { id: only, notice: config.length === 1 ? null : notice, assumed: [] };
  }
  const id = only ?? config[0] ?? DEFAULT_ID;
  const why = config.length === 0 ? "neither config.json nor tokenizer_config.json names it" : listed;
  const mend = `"eos_token_id": ${id} in codi.json`;
  return { id, notice: null, assumed: [{ what: "eos_token_id", value: id, why, mend }] };
}

interface Tokens {
  readonly ids: ReadonlyMap<string, number>;
  /** Ids that stand outside the tokenizer's model. */
  readonly special: ReadonlySet<number>;
}

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).nullish(),
  model: z.looseObject({ vocab: z.record(z.string(), z.unknown()).optional() }).optional(),
});

/** Damaged files are refused where the tokenizer is made. */
function tokensOf(tokenizerJson: unknown): Tokens {
  const parsed = tokenizerSchema.safeParse(tokenizerJson);
  const { added_tokens: added, model } = parsed.success ? parsed.data : {};
  const vocab = Object.entries(model?.vocab ?? {}).filter((each): each is [string, number] =>
    Number.isInteger(each[1]),
  );
  return {
    ids: new Map([...vocab, ...(added ?? []).map(({ id, content }) => [content, id] as const)]),
    special: new Set((added ?? []).map(({ id }) => id)),
  };
}

const nameSchema = z.looseObject({
  eos_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

function namedBy(tokenizerConfig: unknown, { ids }: Tokens): { readonly id: number; readonly said: string } | null {
  const parsed = nameSchema.safeParse(tokenizerConfig ?? {});
  const token = parsed.success ? parsed.data.eos_token : null;
  if (token == null) return null;
  const content = typeof token === "string" ? token : token.content;
  const id = ids.get(content);
  if (id === undefined)
    throw new BadInputError(
      `tokenizer_config.json: eos_token names ${JSON.stringify(content)}, which is no token of tokenizer.json`,
      "get both files of the model again",
    );
  return { id, said: `${JSON.stringify(content)} (id ${id})` };
}
