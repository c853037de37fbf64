/** What a run is set up with, and the plan that `--dry-run` prints. */

import type { Checkpoint } from "../../model/checkpoint/load.js";
import { float32Bytes, storedTensor, tensorsOfPlan } from "../../model/checkpoint/planned-weights.js";
import { storedBytes } from "../../model/checkpoint/store.js";
import type { DecoderConfig } from "../../model/decoder/config.js";
import { CodiModel } from "../../model/latent/codi-model.js";
import { type TokenizerParts, tokenizerOf } from "../../model/latent/load/tokenizer-of.js";
import { DEFAULT_ROWS } from "../../model/latent/plan/packing.js";
import type { TreeCost } from "../../model/latent/plan/tree-cost.js";
import { eotIdsOf, promptIdsOf } from "../../model/latent/prompt.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { ProtocolName } from "../../model/latent/protocols/names.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { OutsideStudy } from "../../studies/from-file.js";
import type { StudyCondition } from "../../studies/study.js";
import { type Layout, secondsApart, secondsOf } from "../jobs/estimate.js";
import { partsOf } from "../jobs/parts.js";
import { mostLatents } from "../jobs/same-latents.js";
import type { Problem, ProblemSet } from "../problems/problem.js";
import type { LeftOut } from "./lone-problems.js";
import type { ExperimentOptions } from "./options.js";
import { type RateSubject, readRates } from "./rate-cache.js";
import type { Sample } from "./sampling.js";

/** Problems that run as rows of one batch. */
export const BATCH_PROBLEMS = 16;

/** What will be computed; printed by `--dry-run`. */
export interface ExperimentPlan {
  readonly problems: number;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly conditions: readonly string[];
  readonly items: number;
  /** What is computed and kept together: at most that much is lost by a kill. */
  readonly parts: number;
  readonly batches: number;
  /** Rows that are computed at once, at most. */
  readonly rowsPerBatch: number;
  /** Different states of all trees, and the rows of the first batch by stage: prompt, each latent, answer. */
  readonly nodes: number;
  readonly rowsByStage: readonly number[];
  /** Token positions through the model a problem on average, an answer counted at 8 tokens and taken to agree with the clean one. */
  readonly tokenForwardsPerProblem: number;
  /** The same with every condition run by itself. */
  readonly apartPerProblem: number;
  readonly weightsBytes: number;
  /** Float32 weights, and keys, values and activations of one batch; the engine's own library (about 0.5 GB) comes on top. */
  readonly memoryBytes: number;
  /** From step rates measured here by an earlier run of this shape; null where there was none. */
  readonly time: {
    /** Computing alone; loading and analysis come on top. The steps' sum times `factor`. */
    readonly seconds: number;
    /** What the latest run here took over the sum of its steps (answers that differ are decoded on); null: taken as 1. */
    readonly factor: number | null;
    /** The same rates, every condition of every problem by itself and token by token. */
    readonly apartSeconds: number;
    /** Day on which they were measured. */
    readonly measured: string;
    /** File that holds them. */
    readonly rates: string;
  } | null;
}

/** Everything that is known before the first forward. */
export interface Setup {
  readonly options: ExperimentOptions;
  readonly set: ProblemSet;
  readonly sample: Sample;
  readonly checkpoint: Pick<Checkpoint, "config" | "codi" | "eosTokenId" | "dtype" | "name" | "plan" | "assumed"> &
    TokenizerParts;
  readonly engine: EngineInfo;
  readonly protocol: ProtocolName;
  readonly maxNewTokens: number;
  readonly fingerprint: Fingerprint;
  /** Studies from files outside the package. */
  readonly outside: readonly OutsideStudy[];
  readonly controls: boolean;
  readonly conditions: readonly StudyCondition[];
  /** What a run of these problems cannot have. */
  readonly leftOut: readonly LeftOut[];
  readonly dir: string;
  /** Rows that are computed at once. */
  readonly rows?: number;
  /** Told of the token-forwards of each forward, while a batch is computed. */
  readonly onForward?: (tokenForwards: number) => void;
}

/** Lays the run out, from the tokenizer alone: no weight is read and nothing is computed. */
export function planOf(setup: Setup): ExperimentPlan {
  const { problems } = setup.sample;
  const { checkpoint } = setup;
  const { config, codi } = checkpoint;
  const known = readRates(rateSubject(setup));
  const layout = layoutOf(setup);
  const parts = inBatches(problems).flatMap((batch) =>
    partsOf(
      batch.map(({ question }) => question),
      setup.conditions,
      layout,
    ),
  );
  const costs = parts.flatMap((part) => part.costs);
  const total = (of: (cost: TreeCost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0);
  const most = Math.max(...costs.flatMap(({ rows }) => rows));
  const longest = Math.max(...costs.flatMap(({ prompts }) => prompts));
  const latents = mostLatents(codi.numLatents, setup.conditions);
  return {
    problems: problems.length,
    byLevel: Object.fromEntries(
      [...new Set(problems.map(({ difficulty }) => difficulty))].map((level) => [
        level,
        problems.filter((each) => each.difficulty === level).length,
      ]),
    ),
    conditions: setup.conditions.map(({ name }) => name),
    items: problems.length * setup.conditions.length,
    parts: parts.length,
    batches: costs.length,
    rowsPerBatch: layout.rows,
    nodes: total(({ nodes }) => nodes),
    rowsByStage: costs[0]?.rows ?? [],
    tokenForwardsPerProblem: Math.round(total(({ tokenForwards }) => tokenForwards) / problems.length),
    apartPerProblem: Math.round(total(({ apart }) => apart) / problems.length),
    weightsBytes: tensorsOfPlan(checkpoint.plan).reduce((sum, ref) => sum + storedBytes(storedTensor(ref)), 0),
    memoryBytes: float32Bytes(checkpoint.plan) + activationBytes(config, most, longest + latents + 12),
    time:
      known === null
        ? null
        : {
            seconds: (known.factor ?? 1) * secondsOf(costs, known.steps),
            factor: known.factor,
            apartSeconds: secondsApart(costs, known.steps, layout),
            measured: known.measured,
            rates: known.path,
          },
  };
}

/** Problems by batches, in the order in which they run. */
export function inBatches<T>(problems: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(problems.length / BATCH_PROBLEMS) }, (_, batch) =>
    problems.slice(batch * BATCH_PROBLEMS, (batch + 1) * BATCH_PROBLEMS),
  );
}

/** How the run's batches are laid out. */
export function layoutOf({ checkpoint, protocol, maxNewTokens, rows = DEFAULT_ROWS }: Setup): Layout {
  const { config, codi, eosTokenId } = checkpoint;
  const tokenizer = tokenizerOf(checkpoint);
  const prompts = new Map<string, number[]>();
  const promptOf = (question: string): number[] => {
    const ids = prompts.get(question) ?? promptIdsOf({ tokenizer, codi, eosTokenId, protocol }, question);
    prompts.set(question, ids);
    return ids;
  };
  return {
    config,
    numLatents: codi.numLatents,
    eotTokens: eotIdsOf({ codi, eosTokenId, protocol }).length,
    maxNewTokens,
    rows,
    batchProblems: protocolOf(protocol).studies.sharesBatches ? BATCH_PROBLEMS : 1,
    promptOf,
    tokensOf: (question) =>
      promptOf(question)
        .slice(0, -1)
        .map((id) => tokenizer.decode([id])),
  };
}

/** What this run's step rates depend on. */
export function rateSubject({ checkpoint, engine, options }: Setup): RateSubject {
  return { config: checkpoint.config, engine, threads: options.threads };
}

/** Loads the model of a run. */
export function loadModel(
  { options }: Pick<Setup, "options">,
  onNotice?: (notice: string) => void,
): Promise<CodiModel> {
  return CodiModel.load(options.model, {
    engine: options.engine,
    force: options.force,
    ...(options.strict === undefined ? {} : { strict: options.strict }),
    ...(options.base === undefined ? {} : { base: options.base }),
    // Where it was not given, the checkpoint decides, and what it leaves open is said.
    ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

// Enough for a mean, and quickly run.
const MOST_REFERENCES = 32;

const references = new WeakMap<readonly Pick<Problem, "question">[], readonly string[]>();

/**
 * Questions of the problems that others draw on: the first of the sample, so that a place among them is the problem's `index`. The same
 * array for the same problems, so that the model runs it once.
 */
export function referenceOf(problems: readonly Pick<Problem, "question">[]): readonly string[] {
  const made = references.get(problems) ?? problems.slice(0, MOST_REFERENCES).map(({ question }) => question);
  references.set(problems, made);
  return made;
}

function activationBytes(config: DecoderConfig, rows: number, positions: number): number {
  const { dModel, dMlp, layers, heads, kvHeads, dHead, vocabSize } = config;
  const cache = rows * positions * layers * 2 * kvHeads * dHead;
  const activations = rows * (6 * dModel + 3 * dMlp + 2 * vocabSize + heads * positions);
  return 4 * (cache + activations);
}
