/** The plan that `--dry-run` prints: the run's parts, folded. */

import { storedTensor, tensorsOfPlan } from "../../model/checkpoint/planned-weights.js";
import { storedBytes } from "../../model/checkpoint/store.js";
import { bytesOfLoad, widenedBytes } from "../../model/latent/load/load-bytes.js";
import type { TreeCost } from "../../model/latent/plan/tree-cost.js";
import { type AvailableMemory, sharedMemory } from "../../model/tensor/engines/host.js";
import type { Shard } from "../../records/shard.js";
import { type BatchCost, secondsApart, secondsOf } from "../jobs/estimate.js";
import { slowSeconds } from "../jobs/part-cost.js";
import { itemsOf, type RunPart } from "../jobs/plan-jobs.js";
import { mostLatents } from "../jobs/same-latents.js";
import { afterRunCosts } from "../jobs/study-work.js";
import { sharedParts } from "../shards/share.js";
import { activationBytes } from "./batch-memory.js";
import { usefulWorkers } from "./crew-size.js";
import { layoutOf } from "./layout.js";
import { readRates } from "./rate-cache.js";
import { rateSubject, type Setup } from "./setup.js";

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
  /** Token positions through the model a problem on average, an answer counted at 8 tokens. */
  readonly tokenForwardsPerProblem: number;
  /** The same with every condition run by itself. */
  readonly apartPerProblem: number;
  readonly weightsBytes: number;
  /** Weights as they are held, and keys, values and activations of one batch; the engine's own library (about 0.5 GB) comes on top. */
  readonly memoryBytes: number;
  /** Processes that compute side by side. */
  readonly crew: CrewPlan;
  /** From step rates measured here by an earlier run of this shape; null where there was none. */
  readonly time: {
    /** Computing alone, by one worker, what studies make at the end included; loading and analysis come on top. The steps' sum times `factor`. */
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
  /** What a shard computes of all this; only where one is asked for. */
  readonly shard?: ShardPlan;
}

/** Who computes a plan. */
export interface CrewPlan {
  readonly workers: number;
  /** Of each. */
  readonly threads: number;
  /** Memory that each may come to hold, weights and the engine's library included. */
  readonly bytesEach: number;
  /** What this machine has for all of them, and what bounds it. */
  readonly available: AvailableMemory;
}

/** A shard's part of a plan. */
export interface ShardPlan extends Shard {
  readonly items: number;
  readonly parts: number;
  /** As `time.seconds`, of the shard alone. */
  readonly seconds: number | null;
}

/** Lays the run out, from the tokenizer alone: no weight is read and nothing is computed. */
export function planOf(setup: Setup): ExperimentPlan {
  const { problems } = setup.data.sample;
  const { checkpoint } = setup.model;
  const { conditions } = setup.studies;
  const { config, codi } = checkpoint;
  const known = readRates(rateSubject(setup));
  const layout = layoutOf(setup);
  const { all: parts, here } = sharedParts(setup, layout);
  const costs = parts.flatMap((part) => part.costs);
  const total = (of: (cost: TreeCost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0);
  const most = largest(costs, ({ rows }) => rows);
  const longest = largest(costs, ({ prompts }) => prompts);
  const latents = mostLatents(codi.numLatents, conditions);
  const atEnd = afterRunCosts(
    itemsOf(setup).working,
    problems.map(({ question }, index) => ({ question, index })),
    layout,
  );
  return {
    problems: problems.length,
    byLevel: Object.fromEntries(
      [...new Set(problems.map(({ difficulty }) => difficulty))].map((level) => [
        level,
        problems.filter((each) => each.difficulty === level).length,
      ]),
    ),
    conditions: conditions.map(({ name }) => name),
    items: problems.length * conditions.length,
    parts: parts.length,
    batches: costs.filter(({ prompts }) => prompts.length > 0).length,
    rowsPerBatch: layout.rows,
    nodes: total(({ nodes }) => nodes),
    rowsByStage: costs[0]?.rows ?? [],
    tokenForwardsPerProblem: Math.round(total(({ tokenForwards }) => tokenForwards) / problems.length),
    apartPerProblem: Math.round(total(({ apart }) => apart) / problems.length),
    weightsBytes: tensorsOfPlan(checkpoint.plan).reduce((sum, ref) => sum + storedBytes(storedTensor(ref)), 0),
    memoryBytes:
      bytesOfLoad(checkpoint.plan, setup.options.hold).weightBytes +
      widenedBytes(checkpoint.plan, setup.options.hold) +
      activationBytes(config, most, longest + latents + 12),
    crew: crewPlan(setup, here),
    time:
      known === null
        ? null
        : {
            seconds: (known.factor ?? 1) * secondsOf([...costs, ...atEnd], known.steps),
            factor: known.factor,
            apartSeconds: secondsApart(costs, known.steps, layout),
            measured: known.measured,
            rates: known.path,
          },
    ...(setup.options.shard === undefined ? {} : { shard: shardPlan(setup.options.shard, { here, known }) }),
  };
}

function crewPlan(setup: Setup, parts: readonly RunPart[]): CrewPlan {
  const { config } = setup.model.checkpoint;
  const cost = slowSeconds(
    parts.flatMap(({ costs }) => costs),
    config,
  );
  const workers = usefulWorkers(setup, () => ({ jobs: parts.length, cost }));
  const { threads, bytesEach } = setup.crew;
  return { workers, threads, bytesEach, available: sharedMemory() };
}

function shardPlan(
  shard: Shard,
  { here, known }: { readonly here: readonly RunPart[]; readonly known: ReturnType<typeof readRates> },
): ShardPlan {
  const costs = here.flatMap((part) => part.costs);
  return {
    index: shard.index,
    count: shard.count,
    items: here.reduce((sum, { problems, conditions }) => sum + problems.length * conditions.length, 0),
    parts: here.length,
    seconds: known === null ? null : (known.factor ?? 1) * secondsOf(costs, known.steps),
  };
}

/** Of more numbers than a call can take as arguments. */
function largest(costs: readonly BatchCost[], of: (cost: BatchCost) => readonly number[]): number {
  return costs.reduce((most, cost) => of(cost).reduce((a, b) => Math.max(a, b), most), 0);
}
