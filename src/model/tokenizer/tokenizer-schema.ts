/**
 * What of `tokenizer.json` is known to give the ids that Python's tokenizers give. Anything else is refused by name: the JavaScript library
 * reads some of it otherwise, and passes over most of what it does not know. `library-json.ts` writes what can be said in other words.
 */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { knownPattern } from "./split-pattern.js";
import { postProcessor } from "./template.js";

const FILE = "tokenizer.json";

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
// The library takes $ in what is written instead for a reference to what was found.
const plain = z.string().refine((content) => !content.includes("$"), { message: "wanted a text without $" });
const replace = z.strictObject({ type: z.literal("Replace"), pattern: text, content: z.string() });
const normalizer = z.discriminatedUnion("type", [
  // What may empty a text would still be given what Prepend puts in front.
  z.strictObject({ ...replace.shape, content: plain.min(1) }),
  z.strictObject({ type: z.literal("Prepend"), prepend: z.string() }),
  z.strictObject({ type: z.literal("NFC") }),
]);
const byteLevel = z.strictObject({
  type: z.literal("ByteLevel"),
  add_prefix_space: z.literal(false),
  trim_offsets: z.boolean(),
  use_regex: z.boolean().optional(),
});
const splitter = z.discriminatedUnion("type", [
  byteLevel,
  z.strictObject({ type: z.literal("Digits"), individual_digits: z.boolean() }),
  z.strictObject({
    type: z.literal("Split"),
    pattern: z.strictObject({
      Regex: z.string().refine((regex) => knownPattern(regex) !== null, {
        message: "this regular expression is not known to split as Python's tokenizers splits by it",
      }),
    }),
    behavior: z.literal("Isolated"),
    invert: z.literal(false),
  }),
]);
const anyByteLevel = z.strictObject({ ...byteLevel.shape, add_prefix_space: z.boolean() });
const decoder = z.discriminatedUnion("type", [
  anyByteLevel,
  replace,
  z.strictObject({ type: z.literal("ByteFallback") }),
  z.strictObject({ type: z.literal("Fuse") }),
  z.strictObject({
    type: z.literal("Strip"),
    content: z.string().refine((content) => [...content].length === 1, { message: "wanted one character" }),
    start: id,
    stop: id,
  }),
]);

const unused = z.union([z.null(), z.literal("")]).optional();
const model = z.strictObject({
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
});
const schema = z.strictObject({
  version: z.literal("1.0"),
  // How texts are cut and filled up. Every call of transformers sets both anew, so neither changes an id.
  truncation: z.looseObject({ max_length: z.int() }).nullable(),
  padding: z.looseObject({ pad_token: z.string() }).nullable(),
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
  post_processor: postProcessor,
  decoder: z.union([anyByteLevel, z.strictObject({ type: z.literal("Sequence"), decoders: z.array(decoder).min(1) })]),
  model,
});

/** `tokenizer.json`, checked. */
export type TokenizerJson = z.infer<typeof schema>;

/** What is checked here, with what `tokenizer_config.json` is held against. */
export interface KnownTokenizer {
  readonly json: TokenizerJson;
  readonly vocab: ReadonlyMap<string, number>;
}

/** @throws BadInputError naming the field. */
export function checkTokenizerJson(json: unknown): KnownTokenizer {
  const checked = schema.safeParse(json);
  if (!checked.success) throw new BadInputError(`${FILE}: ${firstIssue(checked.error)}`, hintOf(checked.error, json));
  const { model: bpe, added_tokens: added, padding, pre_tokenizer: splits } = checked.data;
  const vocab = vocabOf(bpe.vocab);
  checkMerges(bpe.merges, vocab);
  if (bpe.unk_token != null && !vocab.has(bpe.unk_token))
    throw damaged(`model.unk_token is ${JSON.stringify(bpe.unk_token)}, which is not in the vocabulary`);
  checkAdded(added, vocab);
  // The library joins unknown characters of neighbouring words too.
  if (bpe.fuse_unk === true && bpe.unk_token != null && splits !== null)
    throw new BadInputError(
      `${FILE}: model.fuse_unk is true where a pre_tokenizer splits, wanted false`,
      "a tokenizer of bytes has no unknown characters: set fuse_unk to false if its vocabulary has all 256",
    );
  if (padding !== null && !added.some(({ content }) => content === padding.pad_token))
    throw new BadInputError(
      `${FILE}: padding.pad_token names ${JSON.stringify(padding.pad_token)}, which is not among added_tokens`,
      "transformers would add it as a token of its own: write null for padding, which changes no id",
    );
  return { json: checked.data, vocab };
}

function damaged(what: string): BadInputError {
  return new BadInputError(`${FILE}: ${what}`, "the file is damaged: get it again");
}

interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
}

/** What to do about the first field that does not fit. */
function hintOf({ issues: [issue] }: { readonly issues: readonly Issue[] }, json: unknown): string {
  const [part] = issue?.path ?? [];
  if (typeof json !== "object" || json === null || Array.isArray(json) || !("model" in json))
    return "this is no tokenizer.json: take the file that belongs to the model";
  switch (part) {
    case "model":
      return (json.model as { type?: unknown } | null)?.type === "BPE"
        ? "ids are read for BPE without dropout, prefixes and suffixes (docs/tokenizers.md)"
        : "BPE tokenizers are read (docs/tokenizers.md); take the file that belongs to the model";
    case "normalizer":
    case "pre_tokenizer":
    case "decoder":
      return `docs/tokenizers.md lists what is read as Python reads it; this ${part} would give other ids or texts`;
    case "post_processor":
      return "a template may put BOS in front of the text and nothing else (docs/tokenizers.md)";
    case "added_tokens":
      return "single_word, lstrip and rstrip have to be false: they change what of the text around belongs to a token";
    case "truncation":
    case "padding":
      return `write null for ${part}: it changes no id`;
    default:
      return "docs/tokenizers.md lists the parts that are read; transformers writes all of them: tokenizer.save_pretrained(FOLDER)";
  }
}

function vocabOf(value: unknown): Map<string, number> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw damaged("model.vocab is not an object");
  const vocab = new Map<string, number>();
  const owners = new Map<number, string>();
  for (const [token, each] of Object.entries(value as Record<string, unknown>)) {
    if (typeof each !== "number" || !Number.isSafeInteger(each) || each < 0)
      throw damaged(`model.vocab gives ${JSON.stringify(token)} the id ${JSON.stringify(each)}, wanted a whole number`);
    const other = owners.get(each);
    if (other !== undefined)
      throw damaged(`model.vocab gives ${JSON.stringify(token)} and ${JSON.stringify(other)} the id ${each}`);
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
      throw damaged(`model.merges: entry ${i} is ${JSON.stringify(merge)}, wanted a pair of tokens`);
    const missing = [a, b, a + b].find((token) => !vocab.has(token));
    if (missing !== undefined)
      throw damaged(`model.merges: entry ${i} needs ${JSON.stringify(missing)}, which is not in the vocabulary`);
    // Of a pair that stands twice, one reader takes the first rank and one the last.
    if (seen.has(`${a} ${b}`)) throw damaged(`model.merges: entry ${i} stands there twice`);
    seen.add(`${a} ${b}`);
  }
}

/** Python gives an added token the id that the vocabulary has for it, else the next one; the file must say the same. */
function checkAdded(added: TokenizerJson["added_tokens"], vocab: ReadonlyMap<string, number>): void {
  const contents = new Set<string>();
  let next = vocab.size;
  for (const { id: own, content } of added) {
    if (contents.has(content)) throw damaged(`added_tokens has ${JSON.stringify(content)} twice`);
    contents.add(content);
    const wanted = vocab.get(content) ?? next;
    if (own !== wanted)
      throw damaged(`added_tokens gives ${JSON.stringify(content)} the id ${own}, by the vocabulary it is ${wanted}`);
    next = Math.max(next, own + 1);
  }
}
