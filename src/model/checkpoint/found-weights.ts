/** Weights under a name of their trainer's own, such as Coconut's `checkpoint_3`: known by their first bytes, not by their name. */

import { BadInputError } from "../../base/errors.js";
import { type FileKind, KIND_BYTES, kindOf } from "./file-kind.js";
import type { CheckpointFiles } from "./source.js";

/** Suffixes that trainers give to weights; most of such files have none. */
const MAYBE = /^[^.]+$|^[^.].*\.(?:pt|pth|ckpt)$/;
/** What Hugging Face's Trainer keeps beside the weights to go on with training. */
const TRAINING = /^(?:optimizer|scheduler|scaler|rng_state.*|training_args|trainer_state)(?:\.|$)/;
/** The last two so that their own message is the one that is read. */
const WEIGHTS: readonly FileKind["kind"][] = ["zip", "legacy-torch", "lfs"];

/** @returns the one file that holds weights; null for none. @throws BadInputError where there are several. */
export async function foundWeights(files: CheckpointFiles, present: readonly string[]): Promise<string | null> {
  const { found, failures } = await allWeights(files, present);
  if (found.length === 0 && failures.length > 0) throw failures[0];
  const [only = null, ...others] = found;
  if (others.length === 0) return only;
  const last = others.at(-1);
  const shown = found.length > MOST_SHOWN ? [...found.slice(0, MOST_SHOWN - 1), "…", last] : found;
  throw new BadInputError(
    `${files.name} has ${found.length} files of weights: ${shown.join(", ")}`,
    `give the path of one of them as the model, such as ${files.name}/${last}`,
  );
}

/** All files that hold weights going by their first bytes, and what went wrong with those that cannot be opened. */
export async function allWeights(
  files: CheckpointFiles,
  present: readonly string[],
): Promise<{ readonly found: readonly string[]; readonly failures: readonly unknown[] }> {
  const found: string[] = [];
  const failures: unknown[] = [];
  for (const name of present.filter(mayHoldWeights))
    try {
      if (await holdsWeights(files, name)) found.push(name);
    } catch (error) {
      // What cannot be opened, such as a linked folder, matters where nothing else is found.
      failures.push(error);
    }
  return { found, failures };
}

const MOST_SHOWN = 6;

/** Going by its name. */
function mayHoldWeights(name: string): boolean {
  return MAYBE.test(name) && !isTrainingState(name);
}

/** Is it what a trainer goes on from, beside the weights? */
export function isTrainingState(name: string): boolean {
  return TRAINING.test(name);
}

async function holdsWeights(files: CheckpointFiles, name: string): Promise<boolean> {
  const source = await files.open(name);
  try {
    const start = await source.read(0, Math.min(KIND_BYTES, await source.size()));
    const kind = kindOf(start);
    return kind === null ? isSafetensors(start) : WEIGHTS.includes(kind.kind);
  } finally {
    await source.close();
  }
}

/** The length of a header below 100 MB, then "{". */
function isSafetensors(start: Uint8Array): boolean {
  return start.length > 8 && start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0);
}

/** Are these the first bytes of what PyTorch saved? */
export function isTorch(start: Uint8Array): boolean {
  const kind = kindOf(start)?.kind;
  return kind === "zip" || kind === "legacy-torch";
}
