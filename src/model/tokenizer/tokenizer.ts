/** Text to ids and back over `@huggingface/tokenizers`: BOS in front, ids checked against the model, no silent clean-up. */

import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { BadInputError, UsageError } from "../../base/errors.js";
import { textOfTokens } from "./decoder.js";
import { libraryJson, splittersOf } from "./library-json.js";
import { checkCharacters, type TableUse } from "./new-characters.js";
import { templateStart } from "./template.js";
import { checkTokenizerConfig } from "./tokenizer-config.js";
import { checkTokenizerJson, type TokenizerJson } from "./tokenizer-schema.js";

/** What the model says of its vocabulary. */
export interface TokenizerLimits {
  /** Rows of the embedding. */
  readonly vocabRows: number;
  /** Null for a family that puts no BOS in front of a text (GPT-2, Qwen), unless the tokenizer's template does. */
  readonly bosTokenId: number | null;
  /** Ids that must lie in the embedding: pad, BOT, EOT. */
  readonly special?: Readonly<Record<string, number>>;
  /** `tokenizer_class` of `config.json`, where it has one. */
  readonly modelClass?: unknown;
}

interface TokenizerState {
  readonly inner: HuggingFaceTokenizer;
  readonly limits: TokenizerLimits;
  readonly json: TokenizerJson;
  readonly cleansUp: boolean;
  readonly notices: readonly string[];
}

/** A tokenizer that agrees with its model. */
export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  readonly #limits: TokenizerLimits;
  readonly #tables: TableUse;
  readonly #decoder: TokenizerJson["decoder"];
  readonly #special: ReadonlySet<string>;
  /** What a prompt begins with: the template's token before the model's. */
  readonly #start: number | null;
  /** Ids the tokenizer knows. */
  readonly size: number;
  /** Whether transformers takes blanks before punctuation out of what it decodes; `decode` never does. */
  readonly cleansUp: boolean;
  /** Whether the tokenizer's own template puts BOS in front; if not, it stands there because the model has one. */
  readonly hasBosTemplate: boolean;
  /** What is odd about the files but no error, one line each. */
  readonly notices: readonly string[];

  private constructor({ inner, limits, json, cleansUp, notices }: TokenizerState) {
    this.#inner = inner;
    this.#limits = limits;
    this.#tables = tablesOf(json);
    this.#decoder = json.decoder;
    this.#special = new Set(json.added_tokens.filter(({ special }) => special).map(({ content }) => content));
    this.size = largestId(inner) + 1;
    const template = templateStart(json.post_processor);
    this.hasBosTemplate = template !== null;
    this.#start = template ?? limits.bosTokenId;
    this.cleansUp = cleansUp;
    this.notices = notices;
  }

  /**
   * @param tokenizerJson parsed `tokenizer.json`.
   * @param tokenizerConfig parsed `tokenizer_config.json`, where there is one.
   * @throws BadInputError when tokenizer and model disagree.
   */
  static create(tokenizerJson: unknown, tokenizerConfig: unknown, limits: TokenizerLimits): Tokenizer {
    const known = checkTokenizerJson(tokenizerJson);
    const { json } = known;
    const notices = [
      ...savedLengths(json),
      ...checkTokenizerConfig({ tokenizerConfig, modelClass: limits.modelClass }, known),
    ];
    let inner: HuggingFaceTokenizer;
    try {
      // Without the second file: what it could change was refused above.
      inner = new HuggingFaceTokenizer(libraryJson(json), {});
    } catch (error) {
      throw new BadInputError(
        `tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        "get the file again",
        { cause: error },
      );
    }
    checkIds(inner, json, limits);
    return new Tokenizer({ inner, limits, json, cleansUp: cleansUp(tokenizerConfig), notices });
  }

  /** @returns ids without any special token added. @throws BadInputError for a character whose ids would not be certain. */
  encode(text: string): number[] {
    checkCharacters(text, this.#tables);
    return [...this.#inner.encode(text, { add_special_tokens: false }).ids];
  }

  /**
   * @returns BOS, then the text: the template's, else the model's, which for GPT-2 and Qwen is none whatever `bos_token_id` says. A text
   *   that begins with BOS has two under a template, as in Python; without one its own is the prompt's.
   */
  encodePrompt(text: string): number[] {
    const ids = this.encode(text);
    const start = this.#start;
    const isThere = start === null || (!this.hasBosTemplate && ids[0] === start);
    return isThere ? ids : [start, ...ids];
  }

  /** @returns the text, spaces as they are. @throws UsageError for an id that the model does not have. */
  decode(ids: readonly number[], options: { readonly skipSpecial?: boolean } = {}): string {
    const tokens = ids.filter((id) => this.#check(id)).map((id) => this.#inner.id_to_token(id) ?? "");
    const shown = options.skipSpecial === true ? tokens.filter((token) => !this.#special.has(token)) : tokens;
    return textOfTokens(this.#decoder, shown);
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

function largestId(inner: HuggingFaceTokenizer): number {
  return [...inner.get_vocab(true).values()].reduce((max, id) => Math.max(max, id), -1);
}

const WRONG_TOKENIZER = "use the tokenizer that belongs to this model";

function checkIds(inner: HuggingFaceTokenizer, json: TokenizerJson, limits: TokenizerLimits): void {
  const { vocabRows, bosTokenId: bos } = limits;
  const largest = largestId(inner);
  if (largest >= vocabRows)
    throw new BadInputError(
      `The tokenizer has id ${largest}, the model has embeddings for ids 0 to ${vocabRows - 1}`,
      WRONG_TOKENIZER,
    );
  const template = templateStart(json.post_processor);
  if (bos !== null) checkBos(bos, inner, json);
  else if (template !== null && inner.id_to_token(template) === undefined)
    throw new BadInputError(
      `The template of tokenizer.json begins with id ${template}, which is no token of it`,
      WRONG_TOKENIZER,
    );
  for (const [name, id] of Object.entries(limits.special ?? {}))
    if (id >= vocabRows)
      throw new BadInputError(
        `The ${name} token id ${id} lies beyond the ${vocabRows} embeddings`,
        "correct codi.json",
      );
}

function checkBos(bos: number, inner: HuggingFaceTokenizer, json: TokenizerJson): void {
  if (inner.id_to_token(bos) === undefined)
    throw new BadInputError(`BOS id ${bos} of config.json is not in the tokenizer`, WRONG_TOKENIZER);
  const template = templateStart(json.post_processor);
  if (template !== null && template !== bos)
    throw new BadInputError(
      `config.json says that BOS is id ${bos}, the tokenizer's template begins with id ${template}`,
      WRONG_TOKENIZER,
    );
  if (json.added_tokens.length > 0 && !json.added_tokens.some(({ id }) => id === bos))
    throw new BadInputError(`BOS id ${bos} of config.json is an ordinary token of the tokenizer`, WRONG_TOKENIZER);
}

// Left out it is false in the version of transformers that the reference pins (4.52).
function cleansUp(tokenizerConfig: unknown): boolean {
  return z.looseObject({ clean_up_tokenization_spaces: z.literal(true) }).safeParse(tokenizerConfig).success;
}

function tablesOf(json: TokenizerJson): TableUse {
  const steps = json.normalizer?.type === "Sequence" ? json.normalizer.normalizers : [json.normalizer];
  return {
    splits: splittersOf(json).some((step) => step.type !== "ByteLevel" || step.use_regex !== false),
    composes: steps.some((step) => step?.type === "NFC"),
  };
}

/** A trainer's call with cutting or filling up stays in the file that it saves. */
function savedLengths({ truncation, padding }: TokenizerJson): string[] {
  const saved = [
    ...(truncation === null ? [] : [`truncation to ${truncation.max_length} tokens`]),
    ...(padding === null ? [] : ["padding"]),
  ];
  if (saved.length === 0) return [];
  return [
    `tokenizer.json was saved with ${saved.join(" and ")}: neither is done, as transformers' own calls set both anew`,
  ];
}
