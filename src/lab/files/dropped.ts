/** What a reader dropped or chose: a checkpoint, a trace or a run. Told apart by names alone, before anything is read. */

import { BadInputError } from "../../base/errors.js";

/** A file with its path below what was dropped, such as `my-model/config.json`. */
export interface DroppedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** What it is taken for. */
export type Dropped =
  | {
      readonly kind: "checkpoint";
      readonly name: string;
      readonly files: Readonly<Record<string, Blob>>;
      /** The base model's folder, where one was dropped beside it. */
      readonly base: { readonly name: string; readonly files: Readonly<Record<string, Blob>> } | null;
    }
  | { readonly kind: "trace"; readonly name: string; readonly blob: Blob }
  | { readonly kind: "run"; readonly name: string; readonly records: Blob; readonly manifest: Blob | null };

/** The files of a checkpoint folder that its reader may ask for; everything else stays unseen. */
const OF_CHECKPOINT = /\.(?:json|safetensors|bin|txt|model|jinja)$/;
/** Weights, Coconut's among them: it writes one file without a suffix for each epoch. */
const WEIGHTS = /\.(?:safetensors|bin)$|^checkpoint(?:_\w+)?$/;
const MOST_FILES = 10_000;

const TOKENIZER = ["tokenizer.json", "vocab.json"];

/** What may be dropped, for a hint. */
export const WANTED =
  "drop a checkpoint folder with its configuration, tokenizer and weights, or with its base model's folder beside it, a file of `codilens trace --out`, or a run's folder or records.jsonl";

/** @throws BadInputError where it is none of them, with what to drop. */
export function recognise(files: readonly DroppedFile[]): Dropped {
  if (files.length === 0) throw new BadInputError("What was dropped holds no file", WANTED);
  if (files.length > MOST_FILES)
    throw new BadInputError(
      `What was dropped holds more than ${MOST_FILES} files`,
      "drop the folder itself, not the one around it",
    );
  const folder = foldersOf(files);
  const run = folder.find(({ names }) => names.has("records.jsonl"));
  const records = run?.names.get("records.jsonl");
  if (run !== undefined && records !== undefined)
    return { kind: "run", name: run.name, records, manifest: run.names.get("manifest.json") ?? null };
  const [only] = files;
  if (files.length === 1 && only !== undefined && !/\/checkpoint(?:_\w+)?$/.test(only.path)) return singleFile(only);
  const checkpoint = checkpointOf(folder);
  if (checkpoint !== null) return checkpoint;
  throw new BadInputError(`${folder[0]?.name ?? "The folder"} holds neither a checkpoint nor records.jsonl`, WANTED);
}

/** What has weights is the checkpoint; another folder with a configuration is its base. */
function checkpointOf(folders: readonly Folder[]): Extract<Dropped, { kind: "checkpoint" }> | null {
  const isSet = ({ names }: Folder): boolean => (names.get("config.json")?.size ?? 0) > 0;
  const hasWeights = ({ names }: Folder): boolean => [...names.keys()].some((name) => WEIGHTS.test(name));
  const weighty = folders.filter(hasWeights);
  // Trainers save weights alone, adapters, or an empty configuration: the base is what has one.
  const own = weighty.find((each) => !isSet(each)) ?? weighty[0] ?? folders.find(isSet);
  if (own === undefined) return null;
  const isWhole = isSet(own) && TOKENIZER.some((name) => own.names.has(name)) && !own.names.has("adapter_config.json");
  const base = isWhole ? undefined : folders.find((each) => each !== own && isSet(each));
  return { kind: "checkpoint", ...taken(own), base: base === undefined ? null : taken(base) };
}

function taken({ name, names }: Folder): { readonly name: string; readonly files: Readonly<Record<string, Blob>> } {
  return {
    name,
    files: Object.fromEntries([...names].filter(([file]) => OF_CHECKPOINT.test(file) || WEIGHTS.test(file))),
  };
}

function singleFile({ path, blob }: DroppedFile): Dropped {
  const name = baseOf(path);
  if (/\.(?:safetensors|npz)$/.test(name)) return { kind: "trace", name, blob };
  if (/\.jsonl$/.test(name)) return { kind: "run", name, records: blob, manifest: null };
  throw new BadInputError(`${name} is none of the files that this page reads`, WANTED);
}

interface Folder {
  readonly name: string;
  readonly names: ReadonlyMap<string, Blob>;
}

/** Folders by their paths, those nearest to what was dropped first. */
function foldersOf(files: readonly DroppedFile[]): Folder[] {
  const folders = new Map<string, Map<string, Blob>>();
  for (const { path, blob } of files) {
    const folder = path.split("/").slice(0, -1).join("/");
    const names = folders.get(folder) ?? new Map<string, Blob>();
    names.set(baseOf(path), blob);
    folders.set(folder, names);
  }
  const depth = (path: string): number => (path === "" ? 0 : path.split("/").length);
  return [...folders]
    .sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .map(([path, names]) => ({ name: baseOf(path) || "dropped files", names }));
}

function baseOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
