/** The folder of a checkpoint and its base model's: which of them each file is taken from. */

import { BadInputError } from "../../base/errors.js";
import { type CheckpointFiles, readJson } from "./source.js";

/** A file of one of the two. */
export interface NamedFile {
  readonly files: CheckpointFiles;
  readonly name: string;
}

/** Both folders. */
export interface Folders {
  readonly own: CheckpointFiles;
  /** Files of the checkpoint's own folder; without those that are passed over. */
  readonly ownPresent: readonly string[];
  readonly base: { readonly files: CheckpointFiles; readonly present: readonly string[] } | null;
  has(file: string): boolean;
  /** The folder that a file is taken from: the checkpoint's own before the base's. */
  of(file: string): CheckpointFiles;
  json(file: string): Promise<unknown>;
  /** The files that the tokenizer is made from: `tokenizer.json`, or `vocab.json` and `merges.txt`. */
  readonly tokenizer: { readonly files: CheckpointFiles; readonly names: readonly string[] };
  /** The JSON files that change numbers. */
  settings(): NamedFile[];
}

// The last two name EOS, and one how what is decoded is cleaned up.
const SETTINGS = ["config.json", "codi.json", "adapter_config.json", "tokenizer_config.json", "special_tokens_map.json"] as const; // biome-ignore format: a list
/** A trainer that was stopped, or a hub that holds a placeholder, leaves these without a byte. */
const MAYBE_EMPTY = ["config.json", "tokenizer.json", "tokenizer_config.json", "codi.json"] as const;
// No JSON of blanks alone is longer.
const MOST_BLANK_BYTES = 1024;

/**
 * An empty file is passed over where the base has it.
 *
 * @throws BadInputError where neither has what is needed.
 */
export async function foldersOf(
  own: CheckpointFiles,
  base: CheckpointFiles | undefined,
  onNotice: (notice: string) => void,
): Promise<Folders> {
  const listed = await own.list();
  const basePresent = base === undefined ? [] : await base.list();
  const empty: string[] = [];
  for (const name of MAYBE_EMPTY)
    if (base !== undefined && listed.includes(name) && basePresent.includes(name) && (await isBlank(own, name))) {
      empty.push(name);
      onNotice(`${own.name}/${name} is empty and passed over: ${base.name}/${name} counts`);
    }
  const ownPresent = listed.filter((name) => !empty.includes(name));
  const has = (file: string): boolean => ownPresent.includes(file) || basePresent.includes(file);
  if (!has("config.json")) throw lacks(own, base, "config.json");
  const tokenizer = tokenizerIn(own, ownPresent) ?? (base === undefined ? null : tokenizerIn(base, basePresent));
  if (tokenizer === null) throw lacks(own, base, "tokenizer.json");
  const of = (file: string): CheckpointFiles => (base === undefined || ownPresent.includes(file) ? own : base);
  const json = async (file: string): Promise<unknown> => {
    const folder = of(file);
    return readJson(folder, file, await advice(folder, file, { own, base, basePresent }));
  };
  return {
    own,
    ownPresent,
    base: base === undefined ? null : { files: base, present: basePresent },
    has,
    of,
    json,
    tokenizer,
    settings: () => SETTINGS.filter(has).map((name) => ({ files: of(name), name })),
  };
}

/** Older tokenizers of transformers, GPT-2's among them, were saved as two files. */
const TOKENIZERS: readonly (readonly string[])[] = [["tokenizer.json"], ["vocab.json", "merges.txt"]];

function tokenizerIn(files: CheckpointFiles, present: readonly string[]): Folders["tokenizer"] | null {
  const names = TOKENIZERS.find((each) => each.every((name) => present.includes(name)));
  return names === undefined ? null : { files, names };
}

interface Both {
  readonly own: CheckpointFiles;
  readonly base: CheckpointFiles | undefined;
  readonly basePresent: readonly string[];
}

/** What helps where the file cannot be read. */
async function advice(folder: CheckpointFiles, file: string, { own, base, basePresent }: Both): Promise<string> {
  if (folder !== own) return "get the file again";
  if (base !== undefined && basePresent.includes(file))
    return `get the file again, or remove it: then ${base.name}/${file} counts`;
  if (!(await isBlank(own, file))) return "get the file again";
  const isNeeded = file === "config.json" || file === "tokenizer.json";
  return isNeeded
    ? "it is empty: give the base model's folder with --base DIR, whose file then counts"
    : `it is empty: write the settings there, or remove it${file === "codi.json" ? "; what it does not say is then assumed" : ""}`;
}

async function isBlank(files: CheckpointFiles, name: string): Promise<boolean> {
  const source = await files.open(name);
  try {
    const size = await source.size();
    if (size > MOST_BLANK_BYTES) return false;
    return new TextDecoder().decode(await source.read(0, size)).trim() === "";
  } finally {
    await source.close();
  }
}

function lacks(own: CheckpointFiles, base: CheckpointFiles | undefined, needed: string): BadInputError {
  return new BadInputError(
    `${own.name} has no ${needed}${base === undefined ? "" : `, nor has ${base.name}`}`,
    base === undefined
      ? `give the folder that has ${needed} beside the weights, or the base model's folder too (--base DIR)`
      : `put the base model's ${needed} into ${base.name}`,
  );
}
