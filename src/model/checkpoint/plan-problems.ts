/** What does not fit in a checkpoint, in one sentence, with advice that goes by the cause. */

import { BadInputError } from "../../base/errors.js";
import type { PlanParts } from "./plan-parts.js";

/** Why something does not fit. */
export type PlanCause = "missing" | "shape" | "type" | "extra" | "pair" | "rank" | "bias" | "saved" | "head";

/** One thing that does not fit. */
export interface PlanProblem {
  readonly cause: PlanCause;
  /** What was found and wanted. */
  readonly text: string;
}

const MOST_SHOWN = 10;

const ADVICE: Readonly<Record<PlanCause, string>> = {
  missing: "use the config.json that belongs to these weights, or get the files again if some are missing",
  shape: "use the config.json that belongs to these weights",
  type: "save the weights as float32, float16 or bfloat16: quantised ones cannot be read",
  extra: "if the model was not trained with them, save it without; else this version cannot run it",
  pair: "make target_modules, exclude_modules and layers_to_transform in adapter_config.json say which modules have a pair in the file",
  rank: "write the rank that the file has as r or rank_pattern in adapter_config.json",
  bias: "merge the adapter with PEFT (merge_and_unload) and save the result, or train it with bias none",
  saved: "save the adapter again with PEFT, or take what it does not hold out of modules_to_save",
  head: 'save the adapter again with "lm_head" in modules_to_save, or with ensure_weight_tying: the rows of the head for added tokens are in no file',
};

// The cause that explains the others comes first.
const ORDER: readonly PlanCause[] = ["head", "saved", "rank", "pair", "bias", "type", "shape", "missing", "extra"];
const OF_ADAPTER: readonly PlanCause[] = ["head", "saved", "rank", "pair", "bias"];

/** All problems, at most ten of them by name. */
export function planError({ model, adapter }: PlanParts, problems: readonly PlanProblem[]): BadInputError {
  const cause = ORDER.find((each) => problems.some((problem) => problem.cause === each)) ?? "shape";
  const isAdapters = adapter !== null && OF_ADAPTER.includes(cause);
  const texts = problems.map(({ text }) => text);
  const more = texts.length > MOST_SHOWN ? `; and ${texts.length - MOST_SHOWN} more` : "";
  return new BadInputError(
    `${isAdapters ? `${adapter.store.name} does not fit adapter_config.json and its base` : `${model.name} does not fit config.json`}: ${texts.slice(0, MOST_SHOWN).join("; ")}${more}`,
    ADVICE[cause],
  );
}
