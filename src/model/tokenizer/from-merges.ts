/**
 * `tokenizer.json` of a byte-level BPE that was saved as `vocab.json` and `merges.txt` alone, as transformers builds it for the class. Trainers
 * that load GPT-2's tokenizer with `use_fast=False` save it so.
 */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { QWEN2_REGEX, tokenizerClass } from "./tokenizer-class.js";

/** The files, read. */
export interface MergesParts {
  /** Parsed `vocab.json`. */
  readonly vocab: unknown;
  /** `merges.txt` as it is. */
  readonly merges: string;
  /** Parsed `tokenizer_config.json`, with what the older files say; undefined where there is none. */
  readonly tokenizerConfig: unknown;
  /** Class of the tokenizer where that file names none: by the model's family. */
  readonly modelClass: string;
  /** Name of the folder, for messages. */
  readonly where: string;
}

const STEP = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
const DECODER = { ...STEP, add_prefix_space: true };
const QWEN2_STEPS = {
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: QWEN2_REGEX }, behavior: "Isolated", invert: false },
    { ...STEP, use_regex: false },
  ],
};

/** The steps in front of the merges, by class. */
const STEPS: Readonly<Record<string, { readonly normalizer: object | null; readonly pre_tokenizer: object }>> = {
  GPT2Tokenizer: { normalizer: null, pre_tokenizer: STEP },
  Qwen2Tokenizer: { normalizer: { type: "NFC" }, pre_tokenizer: QWEN2_STEPS },
};

const vocabSchema = z.record(z.string(), z.int().nonnegative());
const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).optional(),
});

/** @returns what `tokenizer.json` would hold. @throws BadInputError for another class and for damaged files. */
export function tokenizerFromMerges({ where, tokenizerConfig, ...parts }: MergesParts): unknown {
  const vocab = vocabSchema.safeParse(parts.vocab);
  if (!vocab.success)
    throw new BadInputError(
      `${where}/vocab.json: ${firstIssue(vocab.error)}`,
      "an object of ids was wanted: get the file again",
    );
  const config = configSchema.safeParse(tokenizerConfig ?? {});
  // What is damaged there is refused where the file is read.
  const settings = config.success ? config.data : {};
  const name = (settings.tokenizer_class ?? parts.modelClass).replace(/Fast$/, "");
  const steps = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (steps === undefined)
    throw new BadInputError(
      `${where} has vocab.json and merges.txt, and tokenizer_class is ${JSON.stringify(name)}: only those of ${Object.keys(STEPS).join(" and ")} are built into a tokenizer`,
      "put the model's tokenizer.json there, or give the base model's folder with --base and remove the two files",
    );
  if (settings.add_eos_token === true)
    throw new BadInputError(
      `${where}/tokenizer_config.json: add_eos_token is true, wanted false: nothing is read behind a question`,
      "write false if the model was trained without EOS behind the question",
    );
  const named = { ...tokenizerClass(name)?.defaults, ...settings };
  const added = addedTokens(vocab.data, named);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    ...steps,
    post_processor: postProcessorOf(named, added),
    decoder: DECODER,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocab.data,
      merges: pairsOf(parts.merges),
    },
  };
}

/** `add_bos_token` counts where there is no `tokenizer.json` whose template says it. */
function postProcessorOf(settings: Readonly<Record<string, unknown>>, added: readonly AddedToken[]): object {
  const [bos] = settings["add_bos_token"] === true ? contentsOf(settings["bos_token"]) : [];
  const id = added.find(({ content }) => content === bos)?.id;
  if (bos === undefined || id === undefined) return STEP;
  const single = [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }];
  return {
    type: "TemplateProcessing",
    single,
    pair: [],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  };
}

/** One pair a line, after a line that names the version. */
function pairsOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  return lines.filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version")));
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** What the configuration lists with an id, and what it names as special and the vocabulary has. */
function addedTokens(
  vocab: Readonly<Record<string, number>>,
  settings: Readonly<Record<string, unknown>>,
): AddedToken[] {
  const named = new Set(
    Object.entries(settings).flatMap(([field, value]) => (isTokenField(field) ? contentsOf(value) : [])),
  );
  const plain = (id: number, content: string): AddedToken => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: !named.has(content),
    special: named.has(content),
  });
  const listed = Object.entries(
    (settings["added_tokens_decoder"] ?? {}) as Record<string, Partial<AddedToken> & { content: string }>,
  );
  const tokens = listed.map(([id, token]) => ({ ...plain(Number(id), token.content), ...flagsOf(token) }));
  const known = new Set(tokens.map(({ content }) => content));
  for (const content of named)
    if (!known.has(content) && Object.hasOwn(vocab, content)) tokens.push(plain(vocab[content] as number, content));
  return tokens.sort((a, b) => a.id - b.id);
}

function flagsOf({ single_word, lstrip, rstrip, normalized, special }: Partial<AddedToken>): Partial<AddedToken> {
  const flags = { single_word, lstrip, rstrip, normalized, special };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

function isTokenField(field: string): boolean {
  return field.endsWith("_token") || field === "additional_special_tokens" || field === "extra_special_tokens";
}

function contentsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(contentsOf);
  const { content } = (value ?? {}) as { content?: unknown };
  return typeof content === "string" ? [content] : [];
}
