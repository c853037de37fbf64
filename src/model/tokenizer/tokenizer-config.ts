/** What of `tokenizer_config.json` and its class would give other ids than `tokenizer.json` alone: refused, or said in one notice. */

import { z } from "zod";
import { BadInputError, firstIssue, shortened } from "../../base/errors.js";
import { TOKENIZER_CLASSES, tokenizerClass } from "./tokenizer-class.js";
import type { KnownTokenizer } from "./tokenizer-schema.js";

const FILE = "tokenizer_config.json";
const JSON_FILE = "tokenizer.json";

const schema = z.looseObject({
  // What transformers makes ids by, at the values that leave tokenizer.json as it is.
  add_prefix_space: z.literal(false).nullish(),
  split_special_tokens: z.literal(false).nullish(),
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).optional(),
});

/** Fields by which transformers makes another tokenizer than the file's, or runs code that comes with it. */
const OTHER_SOURCE = ["auto_map", "fix_mistral_regex", "from_slow", "init_inputs"];

/** Lists of tokens; transformers also takes every other field that ends in `_token` for one. */
const TOKEN_LISTS = ["additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"];

/** What decides which class of transformers reads the tokenizer. */
export interface ConfigSources {
  /** Parsed `tokenizer_config.json`; undefined where there is none. */
  readonly tokenizerConfig: unknown;
  /** `tokenizer_class` of `config.json`, which counts where the other file names none. */
  readonly modelClass?: unknown;
}

/** @returns notices. @throws BadInputError for what would give other ids than `tokenizer.json` alone. */
export function checkTokenizerConfig({ tokenizerConfig, modelClass }: ConfigSources, known: KnownTokenizer): string[] {
  const checked = schema.safeParse(tokenizerConfig ?? {});
  if (!checked.success) throw wrong(firstIssue(checked.error), hintOf(checked.error.issues[0]?.path[0]));
  const config = checked.data;
  const source = OTHER_SOURCE.find((key) => !isUnused(config[key]));
  if (source !== undefined)
    throw wrong(
      `${source} is ${shortened(JSON.stringify(config[source]), 80)}, by which transformers may make another tokenizer`,
      `ids are made by ${JSON_FILE}: remove ${source} if that is the file that the model was trained with`,
    );
  checkNamed(config, known);
  checkDecoder(config.added_tokens_decoder ?? {}, known);
  const own = config.tokenizer_class;
  return typeof own === "string" && own !== ""
    ? ofClass(own, known, { file: FILE, config })
    : ofClass(typeof modelClass === "string" ? modelClass : "", known, { file: "config.json", config });
}

function isUnused(value: unknown): boolean {
  return value == null || value === false || (Array.isArray(value) && value.length === 0);
}

function wrong(what: string, hint: string): BadInputError {
  return new BadInputError(`${FILE}: ${what}`, hint);
}

function hintOf(field: PropertyKey | undefined): string {
  switch (field) {
    case "add_prefix_space":
      return `write false: ids are made by ${JSON_FILE}, which puts no blank in front of a text`;
    case "split_special_tokens":
      return `write false: ids are made by ${JSON_FILE}, which keeps special tokens whole`;
    default:
      return "correct the field, or get the file again";
  }
}

/** A class that is not read, or that would add a token, is refused; where versions of transformers differ, the notice says so. */
function ofClass(
  name: string,
  { json }: KnownTokenizer,
  { file, config }: { readonly file: string; readonly config: z.infer<typeof schema> },
): string[] {
  if (name === "") return [];
  const plain = 'write "tokenizer_class": "PreTrainedTokenizerFast" in tokenizer_config.json';
  const found = tokenizerClass(name);
  if (found === null)
    throw new BadInputError(
      `${file}: tokenizer_class is ${JSON.stringify(name)}, wanted one of ${TOKENIZER_CLASSES.join(", ")}, with or without Fast`,
      `if ${JSON_FILE} is the file that the model was trained with, ${plain}`,
    );
  const missing = Object.entries(found.defaults).find(
    ([field, token]) => config[field] === undefined && !json.added_tokens.some(({ content }) => content === token),
  );
  if (missing !== undefined)
    throw new BadInputError(
      `${file}: tokenizer_class ${name} has ${JSON.stringify(missing[1])} for ${missing[0]} where ${FILE} names none, and ${JSON_FILE} has no such token`,
      `name ${missing[0]} there (null for none), or ${plain}`,
    );
  if (found.isSame(json)) return [];
  return [
    `${file}: tokenizer_class is ${name}. Ids are made by ${JSON_FILE}, as transformers 4 makes them; transformers 5 splits texts by this class's own rule and gives some other ids. Was the model trained so, save the tokenizer there (tokenizer.save_pretrained) and give that ${JSON_FILE}`,
  ];
}

/** Tokens that transformers would add where the tokenizer does not know them. */
function checkNamed(config: Readonly<Record<string, unknown>>, { json, vocab }: KnownTokenizer): void {
  const added = new Set(json.added_tokens.map(({ content }) => content));
  for (const [field, value] of Object.entries(config)) {
    if (!field.endsWith("_token") && !TOKEN_LISTS.includes(field)) continue;
    for (const token of namesIn(value))
      if (!added.has(token))
        throw wrong(
          `${field} names ${JSON.stringify(token)}, which is ${vocab.has(token) ? "an ordinary token" : "no token"} of ${JSON_FILE}`,
          vocab.has(token)
            ? "transformers would cut texts at it: take the name out, or save the tokenizer with transformers (tokenizer.save_pretrained)"
            : "transformers would add it: take the name out, or save the tokenizer with transformers (tokenizer.save_pretrained), which gives it an id",
        );
  }
}

function namesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  const { content } = value as { content?: unknown };
  return typeof content === "string" ? [content] : Object.values(value).flatMap(namesIn);
}

type AddedDecoder = Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly content: string }>>;

function checkDecoder(decoder: AddedDecoder, { json }: KnownTokenizer): void {
  const specials = new Map(json.added_tokens.map(({ content, ...flags }) => [content, flags]));
  for (const [key, token] of Object.entries(decoder)) {
    const flags: Readonly<Record<string, unknown>> | undefined = specials.get(token.content);
    const differing = flags === undefined ? "content" : Object.keys(flags).find((flag) => flag !== "id" && token[flag] !== undefined && token[flag] !== flags[flag]); // biome-ignore format: one choice
    if (differing !== undefined || flags?.["id"] !== Number(key))
      throw wrong(
        `added_tokens_decoder (or added_tokens.json) says other things of id ${key} than added_tokens of ${JSON_FILE}`,
        "the two files belong to different tokenizers: get both from the same place",
      );
  }
}
