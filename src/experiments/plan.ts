/** What a run is set up with, and the plan that `--dry-run` prints. */

import type { Checkpoint } from "../model/checkpoint/load.js";
import { storedBytes } from "../model/checkpoint/store.js";
import { storedTensor, tensorsOfPlan } from "../model/checkpoint/weight-plan.js";
import { CodiModel, type Protocol } from "../model/codi/codi-model.js";
import { loadEstimate } from "../model/codi/memory.js";
import { planRows } from "../model/codi/plan-rows.js";
import { type TreeCost, treeCost } from "../model/codi/tree-cost.js";
import type { LlamaConfig } from "../model/llama/config.js";
import type { EngineInfo } from "../model/tensor/backend.js";
import type { Fingerprint } from "./fingerprint.js";
import { pairsOf } from "./patching/pairs.js";
import { patchPair } from "./patching/patch-maps.js";
import { plannedCells } from "./patching/planned-cells.js";
import type { ProblemSet } from "./problems.js";
import { runStudyConditions } from "./run-study-conditions.js";
import type { ExperimentOptions } from "./runner.js";
import type { Sample } from "./sampling.js";
import type { StudyCondition } from "./study.js";
import type { OutsideStudy } from "./study-file.js";

/** Problems that run as rows of one batch. */
export const BATCH_PROBLEMS = 16;

/** What will be computed; printed by `--dry-run`. */
export interface ExperimentPlan {
  readonly problems: number;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly conditions: readonly string[];
  readonly items: number;
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
  /** From one problem timed here, unpacked: an upper bound. */
  readonly estimatedSeconds: number;
}

/** Everything that is known before the first forward. */
export interface Setup {
  readonly options: ExperimentOptions;
  readonly set: ProblemSet;
  readonly sample: Sample;
  readonly checkpoint: Pick<Checkpoint, "config" | "codi" | "dtype" | "name" | "plan">;
  readonly engine: EngineInfo;
  readonly protocol: Protocol;
  readonly maxNewTokens: number;
  readonly fingerprint: Fingerprint;
  /** Studies from files outside the package. */
  readonly outside: readonly OutsideStudy[];
  readonly controls: boolean;
  readonly conditions: readonly StudyCondition[];
  readonly dir: string;
}

/** Lays the run out, and times one problem on a loaded model. */
export async function planOf(setup: Setup): Promise<ExperimentPlan> {
  const { problems } = setup.sample;
  const { config, codi } = setup.checkpoint;
  const model = await loadModel(setup);
  const costs: TreeCost[] = [];
  let longest = 0;
  let seconds: number;
  try {
    for (let begin = 0; begin < problems.length; begin += BATCH_PROBLEMS) {
      const questions = problems.slice(begin, begin + BATCH_PROBLEMS).map(({ question }) => question);
      const batch = { questions, conditions: plannedCells(setup.conditions, config, codi), hooks: [] };
      const rows = planRows(batch, (text) => model.promptIds(text), {
        numLatents: codi.numLatents,
        layers: config.layers,
      });
      longest = rows.rows.reduce((most, { promptIds }) => Math.max(most, promptIds.length), longest);
      costs.push(treeCost(rows, { eotTokens: codi.removeEos ? 1 : 2, answerTokens: 8 }));
    }
    seconds = await timeOne(setup, model);
  } finally {
    model.dispose();
  }
  const total = (of: (cost: TreeCost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0);
  const rows = Math.min(BATCH_PROBLEMS, problems.length) * setup.conditions.length;
  const { weightBytes } = loadEstimate(setup.checkpoint);
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
    rowsPerBatch: rows,
    nodes: total(({ nodes }) => nodes),
    rowsByStage: costs[0]?.rows ?? [],
    tokenForwardsPerProblem: Math.round(total(({ tokenForwards }) => tokenForwards) / problems.length),
    apartPerProblem: Math.round(total(({ apart }) => apart) / problems.length),
    weightsBytes: tensorsOfPlan(setup.checkpoint.plan).reduce((sum, ref) => sum + storedBytes(storedTensor(ref)), 0),
    memoryBytes: weightBytes + activationBytes(config, rows, longest + codi.numLatents + 12),
    estimatedSeconds: seconds,
  };
}

/** Loads the model of a run. */
export function loadModel(
  { options, protocol }: Pick<Setup, "options" | "protocol">,
  onNotice?: (notice: string) => void,
): Promise<CodiModel> {
  return CodiModel.load(options.model, {
    engine: options.engine,
    protocol,
    force: options.force,
    ...(options.base === undefined ? {} : { base: options.base }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

// Enough for a mean, and quickly run.
const MOST_REFERENCES = 32;

/** How every batch of the run is computed. */
export function runOptions({ options, maxNewTokens, sample }: Setup): Parameters<typeof runStudyConditions>[3] {
  return {
    ablateLayer: options.ablateLayer,
    maxNewTokens,
    attentionLayers: options.layers,
    readingLayers: options.layers,
    lens: "clean",
    seed: options.seed,
    reference: sample.problems.slice(0, MOST_REFERENCES).map(({ question }) => question),
  };
}

async function timeOne(setup: Setup, model: CodiModel): Promise<number> {
  const [problem] = setup.sample.problems;
  if (problem === undefined) return 0;
  const plain = setup.conditions.filter(({ patch }) => patch === undefined);
  const maps = setup.conditions.flatMap(({ patch }) => patch ?? []);
  const once = async (): Promise<number> => {
    const start = performance.now();
    await runStudyConditions(model, [problem.question], plain, { ...runOptions(setup), expected: [problem.expected] });
    const [pair] = maps.length === 0 ? [] : await pairsOf(model, setup, [problem]);
    if (pair?.kind === "kept") await patchPair(model, pair, maps, setup);
    return (performance.now() - start) / 1000;
  };
  await once();
  return (await once()) * setup.sample.problems.length;
}

function activationBytes(config: LlamaConfig, rows: number, positions: number): number {
  const { dModel, dMlp, layers, heads, kvHeads, dHead, vocabSize } = config;
  const cache = rows * positions * layers * 2 * kvHeads * dHead;
  const activations = rows * (6 * dModel + 3 * dMlp + 2 * vocabSize + heads * positions);
  return 4 * (cache + activations);
}
