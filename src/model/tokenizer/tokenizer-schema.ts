/**
 * What of `tokenizer.json` and `tokenizer_config.json` is known to give the ids that Python's tokenizers give. Anything else is refused by
 * name: the JavaScript library reads some of it otherwise, and passes over most of what it does not know.
 */

import { z } from "zod";
import { BadInputError, firstIssue } from "../errors.js";

const JSON_FILE = "tokenizer.json";
const CONFIG_FILE = "tokenizer_config.json";

const id = z.int().nonnegative();
const addedToken = z.strictObject({
  id,
  content: z.string().min(1),
  // The three change which blanks and letters around a token belong to it.
  single_word: z.literal(false),
  lstrip: z.literal(false),
  rstrip: z.literal(false),
  normalized: z.boolean(),
  special: z.boolean(),
});

const text = z.strictObject({ String: z.string().min(1) });
const replace = z.strictObject({ type: z.literal("Replace"), pattern: text, content: z.string() });
const normalizer = z.discriminatedUnion("type", [
  replace,
  z.strictObject({ type: z.literal("Prepend"), prepend: z.string() }),
]);
const byteLevel = z.strictObject({
  type: z.literal("ByteLevel"),
  add_prefix_space: z.literal(false),
  trim_offsets: z.boolean(),
  use_regex: z.boolean().optional(),
});
const splitter = z.discriminatedUnion("type", [
  byteLevel,
  z.strictObject({
    type: z.literal("Split"),
    pattern: z.strictObject({ Regex: z.string().min(1) }),
    behavior: z.literal("Isolated"),
    invert: z.literal(false),
  }),
]);
const decoder = z.discriminatedUnion("type", [
  z.strictObject({ ...byteLevel.shape, add_prefix_space: z.boolean() }),
  replace,
  z.strictObject({ type: z.literal("ByteFallback") }),
  z.strictObject({ type: z.literal("Fuse") }),
  z.strictObject({ type: z.literal("Strip"), content: z.string(), start: z.int(), stop: z.int() }),
]);

const special = z.strictObject({ SpecialToken: z.strictObject({ id: z.string(), type_id: z.int() }) });
const sequence = z.strictObject({ Sequence: z.strictObject({ id: z.literal("A"), type_id: z.int() }) });
const afterwards = z.discriminatedUnion("type", [
  z.strictObject({ ...byteLevel.shape, add_prefix_space: z.boolean() }),
  z.strictObject({
    type: z.literal("TemplateProcessing"),
    // Python writes the text as often as the template has it.
    single: z
      .array(z.union([special, sequence]))
      .refine((items) => items.filter((item) => "Sequence" in item).length === 1, {
        message: "wanted the text (Sequence A) once",
      }),
    pair: z.array(z.unknown()),
    special_tokens: z.record(
      z.string(),
      z.looseObject({ id: z.string(), ids: z.array(id), tokens: z.array(z.string()) }),
    ),
  }),
]);

const unused = z.union([z.null(), z.literal("")]).optional();
const schema = z.strictObject({
  version: z.literal("1.0"),
  // Python cuts and fills every text by these two.
  truncation: z.null(),
  padding: z.null(),
  added_tokens: z.array(addedToken),
  normalizer: z.union([
    z.null(),
    normalizer,
    z.strictObject({ type: z.literal("Sequence"), normalizers: z.array(normalizer) }),
  ]),
  pre_tokenizer: z.union([
    z.null(),
    splitter,
    z.strictObject({ type: z.literal("Sequence"), pretokenizers: z.array(splitter) }),
  ]),
  post_processor: z.union([
    z.null(),
    afterwards,
    z.strictObject({ type: z.literal("Sequence"), processors: z.array(afterwards) }),
  ]),
  decoder: z.union([
    z.strictObject({ ...byteLevel.shape, add_prefix_space: z.boolean() }),
    z.strictObject({ type: z.literal("Sequence"), decoders: z.array(decoder).min(1) }),
  ]),
  model: z.strictObject({
    type: z.literal("BPE"),
    dropout: z.null().optional(),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: unused,
    end_of_word_suffix: unused,
    fuse_unk: z.boolean().optional(),
    byte_fallback: z.boolean().optional(),
    ignore_merges: z.boolean().optional(),
    vocab: z.unknown(),
    merges: z.array(z.unknown()),
  }),
});

/** What `tokenizer_config.json` is held against. */
export interface KnownTokens {
  readonly added: readonly z.infer<typeof addedToken>[];
  readonly vocab: ReadonlyMap<string, number>;
  readonly byteFallback: boolean;
}

/** @throws BadInputError naming the field. */
export function checkTokenizerJson(json: unknown): KnownTokens {
  const checked = schema.safeParse(json);
  if (!checked.success)
    throw new BadInputError(
      `${JSON_FILE}: ${firstIssue(checked.error)}`,
      "this version reads the BPE tokenizers of LLaMA models only; take the file that belongs to the model",
    );
  const { model, added_tokens: added } = checked.data;
  const vocab = vocabOf(model.vocab);
  checkMerges(model.merges, vocab);
  if (model.unk_token != null && !vocab.has(model.unk_token))
    throw refuse(`model.unk_token is ${JSON.stringify(model.unk_token)}, which is not in the vocabulary`);
  checkAdded(added, vocab);
  return { added, vocab, byteFallback: model.byte_fallback === true };
}

function refuse(what: string): BadInputError {
  return new BadInputError(`${JSON_FILE}: ${what}`, "the file is damaged: get it again");
}

function vocabOf(value: unknown): Map<string, number> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("model.vocab is not an object");
  const vocab = new Map<string, number>();
  const owners = new Map<number, string>();
  for (const [token, each] of Object.entries(value as Record<string, unknown>)) {
    if (typeof each !== "number" || !Number.isSafeInteger(each) || each < 0)
      throw refuse(`model.vocab gives ${JSON.stringify(token)} the id ${JSON.stringify(each)}, wanted a whole number`);
    const other = owners.get(each);
    if (other !== undefined)
      throw refuse(`model.vocab gives ${JSON.stringify(token)} and ${JSON.stringify(other)} the id ${each}`);
    owners.set(each, token);
    vocab.set(token, each);
  }
  return vocab;
}

/** Python refuses a pair whose parts or whole are no tokens. */
function checkMerges(merges: readonly unknown[], vocab: ReadonlyMap<string, number>): void {
  const old = typeof merges[0] === "string";
  const seen = new Set<string>();
  for (const [i, merge] of merges.entries()) {
    const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    const [a, b, ...rest] = Array.isArray(parts) ? (parts as unknown[]) : [];
    if ((typeof merge === "string") !== old || typeof a !== "string" || typeof b !== "string" || rest.length > 0)
      throw refuse(`model.merges: entry ${i} is ${JSON.stringify(merge)}, wanted a pair of tokens`);
    const missing = [a, b, a + b].find((token) => !vocab.has(token));
    if (missing !== undefined)
      throw refuse(`model.merges: entry ${i} needs ${JSON.stringify(missing)}, which is not in the vocabulary`);
    // Of a pair that stands twice, one reader takes the first rank and one the last.
    if (seen.has(`${a} ${b}`)) throw refuse(`model.merges: entry ${i} stands there twice`);
    seen.add(`${a} ${b}`);
  }
}

/** Python gives an added token the id that the vocabulary has for it, else the next one; the file must say the same. */
function checkAdded(added: readonly z.infer<typeof addedToken>[], vocab: ReadonlyMap<string, number>): void {
  const contents = new Set<string>();
  let next = vocab.size;
  for (const { id: own, content } of added) {
    if (contents.has(content)) throw refuse(`added_tokens has ${JSON.stringify(content)} twice`);
    contents.add(content);
    const wanted = vocab.get(content) ?? next;
    if (own !== wanted)
      throw refuse(`added_tokens gives ${JSON.stringify(content)} the id ${own}, by the vocabulary it is ${wanted}`);
    next = Math.max(next, own + 1);
  }
}

const configSchema = z.looseObject({
  // What transformers makes ids by, at the values that leave tokenizer.json as it is.
  add_prefix_space: z.literal(false).nullish(),
  split_special_tokens: z.literal(false).nullish(),
  do_lower_case: z.literal(false).nullish(),
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).optional(),
});

const PLAIN_CLASSES: readonly string[] = ["PreTrainedTokenizerFast", "TokenizersBackend"];
const LLAMA_CLASSES: readonly string[] = ["LlamaTokenizer", "LlamaTokenizerFast"];

/** Tokens that transformers would add where the tokenizer does not know them. */
const NAMED = "additional_special_tokens bos_token cls_token eos_token extra_special_tokens mask_token pad_token sep_token unk_token".split(" "); // biome-ignore format: a list

/** @throws BadInputError for what would give other ids than `tokenizer.json` alone. */
export function checkTokenizerConfig(json: unknown, { added, vocab, byteFallback }: KnownTokens): void {
  if (json === undefined) return;
  const checked = configSchema.safeParse(json);
  const wrong = (what: string): BadInputError =>
    new BadInputError(
      `${CONFIG_FILE}: ${what}`,
      `correct the file, or remove it: ${JSON_FILE} says all that is needed`,
    );
  if (!checked.success) throw wrong(firstIssue(checked.error));
  const { tokenizer_class: kind } = checked.data;
  // Other classes of transformers build their own tokenizer around the vocabulary.
  if (kind != null && !PLAIN_CLASSES.includes(kind) && !(LLAMA_CLASSES.includes(kind) && byteFallback))
    throw wrong(`tokenizer_class is ${JSON.stringify(kind)}, wanted ${JSON.stringify(PLAIN_CLASSES[0])}`);
  const specials = new Map(added.map(({ content, ...flags }) => [content, flags]));
  for (const [key, token] of Object.entries(checked.data.added_tokens_decoder ?? {})) {
    const flags: Record<string, unknown> | undefined = specials.get(token.content);
    const differing = flags === undefined ? "content" : Object.keys(flags).find((flag) => flag !== "id" && token[flag] !== undefined && token[flag] !== flags[flag]); // biome-ignore format: one choice
    if (differing !== undefined || flags?.["id"] !== Number(key))
      throw wrong(`added_tokens_decoder says other things of id ${key} than added_tokens of ${JSON_FILE}`);
  }
  for (const name of NAMED)
    for (const token of namesIn(checked.data[name]))
      if (!specials.has(token))
        throw wrong(
          `${name} names ${JSON.stringify(token)}, which is ${vocab.has(token) ? "an ordinary token" : "no token"} of ${JSON_FILE}`,
        );
}

function namesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  const { content } = value as { content?: unknown };
  return typeof content === "string" ? [content] : Object.values(value).flatMap(namesIn);
}
