/** The tokenizer of a checkpoint, from whichever files it was saved in. */

import type { FamilyName } from "../decoder/family-names.js";
import { tokenizerFromMerges } from "../tokenizer/from-merges.js";
import { withOlderFiles } from "../tokenizer/older-files.js";
import type { Folders } from "./checkpoint-folders.js";
import { readJson, readText } from "./source.js";

/** What makes a tokenizer. */
export interface TokenizerFiles {
  /** `tokenizer.json`, parsed, or what it would hold. */
  readonly json: unknown;
  /** `tokenizer_config.json`, with what older files say; undefined where there is none of them. */
  readonly config: unknown;
}

/** Class by family, where `tokenizer_config.json` names none. */
const CLASSES: Readonly<Record<FamilyName, string>> = {
  llama: "LlamaTokenizer",
  gpt2: "GPT2Tokenizer",
  qwen2: "Qwen2Tokenizer",
};

/** @throws BadInputError for damaged files. */
export async function tokenizerFilesOf(
  folders: Folders,
  { family, warn }: { readonly family: FamilyName; readonly warn: (notice: string) => void },
): Promise<TokenizerFiles> {
  const config = await tokenizerConfigOf(folders);
  const { files, names } = folders.tokenizer;
  if (names.includes("tokenizer.json")) return { json: await folders.json("tokenizer.json"), config };
  warn(`${files.name} has no tokenizer.json: ids are made from its vocab.json and merges.txt`);
  const json = tokenizerFromMerges({
    vocab: await readJson(files, "vocab.json"),
    merges: await readText(files, "merges.txt"),
    tokenizerConfig: config,
    modelClass: CLASSES[family],
    where: files.name,
  });
  return { json, config };
}

/** The older files count beside the tokenizer that they were written with. */
async function tokenizerConfigOf(folders: Folders): Promise<unknown> {
  const beside = async (file: string): Promise<unknown> =>
    folders.has(file) && folders.of(file) === folders.tokenizer.files ? folders.json(file) : undefined;
  const file = "tokenizer_config.json";
  return withOlderFiles(folders.has(file) ? await folders.json(file) : undefined, {
    specialTokensMap: await beside("special_tokens_map.json"),
    addedTokens: await beside("added_tokens.json"),
  });
}
