/** What a run takes and gives: the public shapes of `CodiModel`. */

import type { NumericError } from "../../base/errors.js";
import type { BoundIntervention, NamedValue, SourceRun } from "../hooks/bound.js";
import type { Hook } from "../hooks/hook.js";
import type { Intervention } from "../hooks/interventions.js";
import type { SiteName } from "../hooks/names.js";
import type { SiteLike } from "../hooks/operation-options.js";
import type { Expected, ParsedAnswer } from "./answer/kind.js";
import type { Drawn } from "./donors.js";
import type { SequenceLayout } from "./layout.js";
import type { AttentionFlow } from "./readings/attention-flow.js";
import type { AttentionRows } from "./readings/attention-rows.js";
import type { Captures } from "./readings/capture.js";
import type { Components } from "./readings/components.js";
import type { LatentAttention } from "./readings/latent-attention.js";
import type { Reading } from "./readings/reading.js";
import type { RunScore } from "./run/run-score.js";
import type { CleanValues } from "./run/writer-context.js";
import type { SparseAutoencoder } from "./sae/sparse-autoencoder.js";

/** A named list of what is done to a run; one that does nothing is the baseline. */
export interface Condition {
  readonly name: string;
  readonly interventions: readonly Intervention[];
  /**
   * Typed callbacks, on this condition's rows only; several on one site run in the order given, after `interventions`. Rows with the
   * same hooks so far are one: such a callback is called once for all of them. Where answers are scored, callbacks at EOT or in the
   * answer may also be called in the pass that teacher-forces the expected answer (`info.scoring`).
   */
  readonly hooks?: readonly Hook[];
}

/** An intervention as text (`zero:blocks.8.hook_resid_post@latent.2`), as data, or with the values and runs that it refers to. */
export type InterventionLike = string | Intervention | BoundIntervention;

/** A condition as a caller writes it: its interventions may be text, and may bring their values along. */
export interface GivenCondition extends Omit<Condition, "interventions"> {
  readonly interventions: readonly InterventionLike[];
}

/** How much was computed. */
export interface LoopCounts {
  /** Token positions that went through the blocks; a row that joins half-way up counts half. */
  tokenForwards: number;
  /** Rows that were given a known answer, and those that agreed to its end. */
  verified: number;
  agreed: number;
  /** Largest number of cells in one forward. */
  mostCells: number;
}

/** Two tokens that are compared where an answer may go on with either. */
export interface Contrast {
  /** Answer tokens, teacher-forced after EOT; the last one is compared. */
  readonly tokens: readonly number[];
  /** The token that it is compared with. */
  readonly other: number;
}

/** How answers are computed. */
export interface AnswerOptions {
  /** Most tokens an answer may have; decoding stops at EOS before that. Default 64, and 200 under `seed`. */
  readonly maxNewTokens?: number;
  /** How many latents are run: a whole number from 0. Default: the checkpoint's own; it was trained for no other. */
  readonly latents?: number;
  /**
   * Give rows an answer that is known (`knownAnswers`, or the clean one of rows before them) several tokens at once, and decode only from
   * where they stop agreeing. Default true; false decodes every row token by token, with the same result.
   */
  readonly verify?: boolean;
  /**
   * By question, the answer that the run without interventions is known to give: it and its rows are given it several tokens at once. A
   * wrong one costs at most a tenth more and changes nothing.
   */
  readonly knownAnswers?: readonly (readonly number[])[];
}

/** What interventions draw on. */
export interface SourceOptions {
  /** Seed of `noise`, `random`, `resample` and `shuffle`. Default 0. */
  readonly seed?: number;
  /** Tensors that `add(name)` and `replace(name)` refer to, and subspaces of `project` and `swap`. */
  readonly values?: Readonly<Record<string, NamedValue>>;
  /** Questions whose clean runs `mean` and `resample` draw on; a question that stands among them is left out for itself. */
  readonly reference?: readonly string[];
  /**
   * Runs that `patch(name)` and `swap(basis,name)` read, one a question: what such a run captured at the same site is written at the position of the same name.
   * Question positions only fit where both questions have as many tokens.
   */
  readonly sources?: Readonly<Record<string, readonly SourceRun[]>>;
}

/** What is scored, teacher-forced after EOT. */
export interface ScoreOptions {
  /** Expected answer of each question, for `correct` and teacher-forced scores. The baseline is run too, even if no condition is it. */
  readonly expected?: readonly Expected[];
  /** By question: what is scored instead of an expected answer. */
  readonly contrasts?: readonly Contrast[];
  /** With them, KL from the baseline is also measured where the answer's first token is predicted. */
  readonly scoreFirstToken?: boolean;
  /**
   * By question, tokens of the answer whose text up to its number is teacher-forced before the expected number, such as that of a run
   * with another number of latents. Default: what this run's own baseline answers.
   */
  readonly scoredAfter?: readonly (readonly number[])[];
}

/** What is read of a run. */
export interface ReadOptions {
  /** Sites to read, as names or globs such as `blocks.*.hook_resid_post`. */
  readonly capture?: readonly SiteLike[];
  /** A run whose captures could exceed this is refused before it starts. Default 1 GiB. */
  readonly captureBudgetBytes?: number;
  /** Also read what the head would say at BOT and after each latent: of every row, or of the baseline's only. */
  readonly lens?: boolean | "clean";
  /** Keep attention from EOT and each answer token to the latents, at these layers. */
  readonly attentionLayers?: readonly number[];
  /** Keep, of the baseline's rows, all that BOT, each latent and EOT pay attention to, at these layers. */
  readonly readingLayers?: readonly number[];
  /** Keep, of the baseline's rows, what each component writes at BOT, the latents, EOT and the answer's tokens, for `attribute`. */
  readonly components?: boolean;
  /** Keep, of every row, the residual stream after the last block at each latent: what the latent hands on. */
  readonly latentStates?: boolean;
  /** Keep, of the baseline's rows, what values weigh at these layers, and attention rollout through them. */
  readonly flowLayers?: readonly number[];
  /** Further readings; what they give is in `RunResult.readings`. */
  readonly readings?: readonly Reading<unknown>[];
}

/** Other sites of a run. */
export interface FeatureOptions {
  /**
   * Sparse autoencoders, as `loadSae` gives them, at most one a site: each adds the site of its features, such as
   * `blocks.8.hook_resid_post.sae`, to read and to write. Where nothing is written there, no number changes.
   */
  readonly saes?: readonly SparseAutoencoder[];
}

/** How a run is cut into batches, and who follows it. */
export interface BatchOptions {
  /** Rows that are computed at once; questions beyond that are split over several batches. Default 256. */
  readonly rowsPerBatch?: number;
  /** Cells, rows times columns, that pass through the blocks at once. Default: what 256 MiB hold. */
  readonly cellsPerBatch?: number;
  /** Is called after each batch with how much it computed. */
  readonly onCounts?: (counts: LoopCounts) => void;
  /** Is called after every forward with its number of token-forwards, to show progress. */
  readonly onForward?: (tokenForwards: number) => void;
}

/** Options that hold for every row of a run. */
export interface CommonOptions
  extends AnswerOptions,
    SourceOptions,
    ScoreOptions,
    ReadOptions,
    FeatureOptions,
    BatchOptions {}

/** Options of `runConditions`. */
export interface ConditionOptions extends CommonOptions {
  /** Typed callbacks in every condition, after its own (`Condition.hooks`). */
  readonly hooks?: readonly Hook[];
}

/** Options of `runBatch`. */
export interface RunBatchOptions extends ConditionOptions {
  /** Interventions as text (`zero:blocks.8.hook_resid_post@latent.2`), data, or what the functions give (`zero`, `add`, `patch`). */
  readonly interventions?: readonly InterventionLike[];
}

/** Options of `run`. */
export interface RunOptions extends Omit<RunBatchOptions, "expected"> {
  /** The expected answer, for `correct`, `logProb`, `kl` and `score`; also as a list of one. */
  readonly expected?: Expected | readonly Expected[];
}

/** One token with how sure the model was of it. */
export interface AnswerToken {
  readonly id: number;
  readonly text: string;
  /** Natural logarithm of its probability. */
  readonly logProb: number;
  /** Its logit minus the second best. */
  readonly margin: number;
}

/** How often one hook fired, against what its address promised. */
export interface Fired {
  readonly name: string;
  readonly site: SiteName;
  readonly address: string;
  readonly planned: number;
  readonly count: number;
}

/** Everything one sequence gave. */
export interface RunResult {
  readonly question: string;
  readonly promptIds: readonly number[];
  readonly layout: SequenceLayout;
  readonly answer: {
    readonly ids: readonly number[];
    readonly text: string;
    /** What the text answers by the protocol's own rule. */
    readonly parsed: ParsedAnswer;
    /** The same by the careful one (`parseAnswer`). */
    readonly careful: ParsedAnswer;
    /** The number, letter or truth value that was read by the protocol's rule; null where there is none. */
    readonly value: Expected | null;
    readonly tokens: readonly AnswerToken[];
    /** Index of the first token of the number (or letter, or truth value) that was read, or null. */
    readonly numberToken: number | null;
    /** Logit of that token less the second best; null where nothing was read. */
    readonly margin: number | null;
    readonly finish: "eos" | "limit";
  };
  /** Is the answer the expected one, by the protocol's rule? Null where no answer was `expected`, and where the run failed. */
  readonly correct: boolean | null;
  /** `score.expectedLogProb`, in nats; null where it has no value, and `score` says why. */
  readonly logProb: number | null;
  /** `score.klAtNumber`, in nats; null where it has no value, and `score` says why. */
  readonly kl: number | null;
  readonly fired: readonly Fired[];
  /** What `mean`, `resample` and `shuffle` drew on; empty where none of them acted. */
  readonly drawn: readonly Drawn[];
  readonly captures: Captures;
  /** Five best tokens at BOT and after each latent, best first, when asked for. */
  readonly lens: readonly {
    readonly at: string;
    readonly top: readonly { readonly id: number; readonly text: string; readonly logProb: number }[];
  }[];
  /** By layer, when asked for: position name (`eot`, `answer.2`) → `[heads, latents]`. */
  readonly attention: ReadonlyMap<number, LatentAttention>;
  /** By layer, when asked for; empty for rows with interventions. */
  readonly reading: ReadonlyMap<number, AttentionRows>;
  /** When asked for; null for rows with interventions. */
  readonly components: Components | null;
  /** When asked for; null for rows with interventions. */
  readonly flow: AttentionFlow | null;
  /** By latent `[dModel]`, when asked for; else null. */
  readonly latentStates: readonly Float32Array[] | null;
  /** What the `readings` that were asked for gave, by their names; without those that gave nothing. */
  readonly readings: ReadonlyMap<string, unknown>;
  /** Teacher-forced scores after the text of the answer without interventions and hooks, where `expected` or `contrasts` was given. */
  readonly score: RunScore;
  /** Set when the numbers were not finite: the run failed, its answer means nothing. */
  readonly failure: NumericError | null;
}

/** One batch. */
export interface Batch {
  readonly questions: readonly string[];
  /** Their numbers in the call: batches are made by length. */
  readonly numbers: readonly number[];
  readonly conditions: readonly Condition[];
  readonly options: CommonOptions;
  readonly clean: CleanValues | null;
}
