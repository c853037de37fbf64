/** Text to ids and back over `@huggingface/tokenizers`: BOS exactly once, ids checked against the model, no silent clean-up. */

import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { BadInputError, UsageError } from "../errors.js";
import { checkTokenizerConfig, checkTokenizerJson } from "./tokenizer-schema.js";

/** What the model says of its vocabulary. */
export interface TokenizerLimits {
  /** Rows of the embedding. */
  readonly vocabRows: number;
  readonly bosTokenId: number;
  /** Ids that must lie in the embedding: pad, BOT, EOT. */
  readonly special?: Readonly<Record<string, number>>;
}

/** A tokenizer that agrees with its model. */
export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  readonly #limits: TokenizerLimits;
  /** Ids the tokenizer knows. */
  readonly size: number;
  /** Whether transformers takes blanks before punctuation out of what it decodes; `decode` never does. */
  readonly cleansUp: boolean;

  private constructor(inner: HuggingFaceTokenizer, limits: TokenizerLimits, size: number, cleansUp: boolean) {
    this.#inner = inner;
    this.#limits = limits;
    this.size = size;
    this.cleansUp = cleansUp;
  }

  /**
   * @param tokenizerJson parsed `tokenizer.json`.
   * @param tokenizerConfig parsed `tokenizer_config.json`, where there is one.
   * @throws BadInputError when tokenizer and model disagree.
   */
  static create(tokenizerJson: unknown, tokenizerConfig: unknown, limits: TokenizerLimits): Tokenizer {
    checkTokenizerConfig(tokenizerConfig, checkTokenizerJson(tokenizerJson));
    let inner: HuggingFaceTokenizer;
    try {
      // Without the second file: what it could change was refused above. No special token is ever added, so without its template too.
      inner = new HuggingFaceTokenizer({ ...(tokenizerJson as object), post_processor: null }, {});
    } catch (error) {
      throw new BadInputError(
        `tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        "get the file again",
        { cause: error },
      );
    }
    const ids = [...inner.get_vocab(true).values()];
    const largest = ids.reduce((max, id) => Math.max(max, id), -1);
    if (largest >= limits.vocabRows) {
      throw new BadInputError(
        `The tokenizer has id ${largest}, the model has embeddings for ids 0 to ${limits.vocabRows - 1}`,
        "use the tokenizer that belongs to this model",
      );
    }
    if (inner.id_to_token(limits.bosTokenId) === undefined) {
      throw new BadInputError(
        `BOS id ${limits.bosTokenId} of config.json is not in the tokenizer`,
        "use the tokenizer that belongs to this model",
      );
    }
    const { added, template } = specialsOf(tokenizerJson);
    if (template !== null && template !== limits.bosTokenId) {
      throw new BadInputError(
        `config.json says that BOS is id ${limits.bosTokenId}, the tokenizer's template begins with id ${template}`,
        "use the tokenizer that belongs to this model",
      );
    }
    if (added.size > 0 && !added.has(limits.bosTokenId)) {
      throw new BadInputError(
        `BOS id ${limits.bosTokenId} of config.json is an ordinary token of the tokenizer`,
        "use the tokenizer that belongs to this model",
      );
    }
    for (const [name, id] of Object.entries(limits.special ?? {})) {
      if (id >= limits.vocabRows)
        throw new BadInputError(
          `The ${name} token id ${id} lies beyond the ${limits.vocabRows} embeddings`,
          "correct codi.json",
        );
    }
    return new Tokenizer(inner, limits, largest + 1, cleansUp(tokenizerConfig));
  }

  /** @returns ids without any special token added. */
  encode(text: string): number[] {
    return [...this.#inner.encode(text, { add_special_tokens: false }).ids];
  }

  /** @returns BOS once, then the text, whether or not the tokenizer's template adds BOS. */
  encodePrompt(text: string): number[] {
    const ids = this.encode(text);
    return ids[0] === this.#limits.bosTokenId ? ids : [this.#limits.bosTokenId, ...ids];
  }

  /** @returns the text, spaces as they are. @throws UsageError for an id that the model does not have. */
  decode(ids: readonly number[], options: { readonly skipSpecial?: boolean } = {}): string {
    const known = ids.filter((id) => this.#check(id));
    if (known.length === 0) return "";
    return this.#inner.decode([...known], {
      skip_special_tokens: options.skipSpecial === true,
      clean_up_tokenization_spaces: false,
    });
  }

  /** One token as text; `<id>` for a row that the tokenizer has no text for. */
  tokenText(id: number): string {
    return this.#check(id) ? this.decode([id]) : `<${id}>`;
  }

  /** Does the tokenizer have text for the id? */
  #check(id: number): boolean {
    if (!Number.isInteger(id) || id < 0 || id >= this.#limits.vocabRows) {
      throw new UsageError(
        `Token id ${id} is outside the vocabulary of ${this.#limits.vocabRows}`,
        "check where it came from",
      );
    }
    return this.#inner.id_to_token(id) !== undefined;
  }
}

// Left out it is false in the version of transformers that the reference pins (4.52).
function cleansUp(tokenizerConfig: unknown): boolean {
  return z.looseObject({ clean_up_tokenization_spaces: z.literal(true) }).safeParse(tokenizerConfig).success;
}

const addedToken = z.looseObject({ id: z.int() });
const templateStart = z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }) });
const templateStep = z.looseObject({
  type: z.literal("TemplateProcessing"),
  single: z.array(z.unknown()),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
});
const stepList = z.looseObject({ type: z.literal("Sequence"), processors: z.array(z.unknown()) });

/** @returns ids outside the model of the tokenizer, and the id that its template puts first (null where it puts none). */
function specialsOf(json: unknown): { added: ReadonlySet<number>; template: number | null } {
  const { added_tokens: tokens, post_processor: post } = z
    .looseObject({ added_tokens: z.array(addedToken).nullish(), post_processor: z.unknown() })
    .catch({ added_tokens: [], post_processor: null })
    .parse(json);
  const list = stepList.safeParse(post);
  let template: number | null = null;
  for (const each of list.success ? list.data.processors : [post]) {
    const step = templateStep.safeParse(each);
    const first = templateStart.safeParse(step.success ? step.data.single[0] : null);
    if (step.success && first.success) template = step.data.special_tokens[first.data.SpecialToken.id]?.ids[0] ?? null;
  }
  return { added: new Set((tokens ?? []).map(({ id }) => id)), template };
}
