/** What the latent loop takes and gives. */

import type { NumericError } from "../../../base/errors.js";
import { Ascent, tokenForwards } from "../../decoder/ascent.js";
import type { Decoder, ForwardResult } from "../../decoder/decoder.js";
import type { KvCache } from "../../decoder/kv-cache.js";
import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { enterStage } from "../../tensor/profile.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Pass } from "../plan/passes.js";
import type { Group } from "../plan/row-tree.js";
import type { PlannedRows } from "../plan/rows.js";
import type { StepFrame } from "../plan/steps.js";
import type { ProjectionWeights } from "../projection.js";
import type { Protocol, SpecialIds } from "../protocols/protocol.js";
import type { LoopCounts } from "../run-types.js";
import type { Head } from "./head.js";
import type { Score, TargetOf } from "./scorer.js";
import type { TopTokens } from "./top-tokens.js";

/** The parts of a model that the loop runs on; borrowed. */
export interface LoopModel {
  readonly decoder: Decoder;
  /** Null where the model has none. */
  readonly projection: ProjectionWeights | null;
  /** The learned vector that is every latent's input, `[dModel, 1]`; null where the model has none. */
  readonly pause: Tensor2D | null;
  readonly protocol: Protocol;
  readonly numLatents: number;
  readonly ids: SpecialIds;
  /** What is fed after the latents, by the protocol. */
  readonly eotIds: readonly number[];
  /** How many that are; 1 where the prompt's last token stands in EOT's place. */
  readonly eotTokens: number;
  /** Vocabulary rows that logits keep, by the protocol. */
  readonly logitRows: number;
}

/** What one run asks for. */
export interface LoopOptions {
  readonly hooks: RunHooks;
  readonly maxNewTokens: number;
  /** Cells, rows times columns, that one pass of answers may have. */
  readonly mostCells: number;
  /** Whether a single question's prompt may be fed in two pieces: not where something is read of it, which is read whole. Default: no. */
  readonly isCut?: boolean;
  /** Rows whose best tokens at BOT and after each latent are read; null for all. */
  readonly lens: ReadonlySet<number> | null;
  /** Give rows the clean answer to agree with, instead of decoding each token by token. */
  readonly verify: boolean;
  /** The clean answer of a question where it is known beforehand, else nothing. */
  readonly knownAnswer: (question: number) => readonly number[];
  /** What is scored on the rows of a question, once its clean answer is known; null where nothing is. */
  readonly targetOf: TargetOf | null;
  /** Whether KL is also measured where the answer's first token is predicted. */
  readonly scoreFirstToken: boolean;
  /** Is called after every forward with its number of token-forwards. */
  readonly onForward?: ((tokenForwards: number) => void) | undefined;
}

/** What one row gave. */
export interface RowOutcome {
  ids: number[];
  /** Best tokens where each answer token was chosen. */
  tops: TopTokens[];
  /** Best tokens at BOT and after each latent, when asked for. */
  readonly lens: { readonly at: string; readonly top: TopTokens }[];
  finish: "eos" | "limit";
  /** Set when logits were not finite; the row is neither right nor wrong. */
  failure: NumericError | null;
  score: Score | null;
}

/** Rows between two forwards. */
export interface LoopState {
  readonly groups: readonly Group[];
  readonly cache: KvCache;
  /** Final-norm state at each row's last position, `[dModel, rows]`. */
  readonly hidden: Tensor2D;
}

/** One run of the loop: what its parts share. */
export interface LoopRun {
  readonly model: LoopModel;
  readonly plan: PlannedRows;
  readonly options: LoopOptions;
  readonly frame: StepFrame;
  readonly head: Head;
  readonly outcomes: readonly RowOutcome[];
  readonly counts: LoopCounts;
}

/** The outcome of a row. */
export function outcomeOf({ outcomes }: Pick<LoopRun, "outcomes">, id: number): RowOutcome {
  const outcome = outcomes[id];
  if (outcome === undefined) throw new RangeError(`No row ${id}`);
  return outcome;
}

/** The levels of a pass with a step each. */
export function ascentOf({ levels }: Pick<Pass, "levels">, stepOf: (groups: readonly Group[]) => Step): Ascent {
  return new Ascent(levels.map(({ height, groups, order }) => ({ height, order, step: stepOf(groups) })));
}

/** One forward, counted. Consumes `x`; the cache is borrowed; what is returned is the caller's. */
export function forwardOnce(
  { model, options, counts }: LoopRun,
  x: Tensor2D,
  { cache, ascent }: { readonly cache: KvCache; readonly ascent: Ascent },
): ForwardResult {
  enterStage(ascent.last.label);
  try {
    const forwards = tokenForwards(ascent, model.decoder.config.layers);
    const result = model.decoder.forward(x, cache, { ascent, hooks: options.hooks });
    counts.tokenForwards += forwards;
    counts.mostCells = Math.max(counts.mostCells, ascent.last.rows * ascent.last.columns);
    try {
      options.onForward?.(forwards);
    } catch (error) {
      result.hidden.dispose();
      result.cache.dispose();
      throw error;
    }
    return result;
  } finally {
    x.dispose();
  }
}
