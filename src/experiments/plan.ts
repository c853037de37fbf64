/** What a run is set up with, and the plan that `--dry-run` prints. */

import type { Checkpoint } from "../model/checkpoint/load.js";
import { storedBytes } from "../model/checkpoint/store.js";
import { storedTensor, tensorsOfPlan } from "../model/checkpoint/weight-plan.js";
import { CodiModel, type Protocol } from "../model/codi/codi-model.js";
import { loadEstimate } from "../model/codi/memory.js";
import type { LlamaConfig } from "../model/llama/config.js";
import type { EngineInfo } from "../model/tensor/backend.js";
import type { Fingerprint } from "./fingerprint.js";
import type { ProblemSet } from "./problems.js";
import type { ExperimentOptions } from "./runner.js";
import type { Sample } from "./sampling.js";
import { runTokenAblation, type StudyCondition } from "./studies/token-ablation.js";

/** Problems that run as rows of one batch. */
export const BATCH_PROBLEMS = 16;

/** What will be computed; printed by `--dry-run`. */
export interface ExperimentPlan {
  readonly problems: number;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly conditions: readonly string[];
  readonly items: number;
  readonly rowsPerBatch: number;
  /** Positions that go through the model a problem, question tokens of average length; decoding counted at 8 tokens. */
  readonly tokenForwardsPerProblem: number;
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
  readonly conditions: readonly StudyCondition[];
  readonly dir: string;
}

/** Lays the run out, and times one problem on a loaded model. */
export async function planOf(setup: Setup): Promise<ExperimentPlan> {
  const { problems } = setup.sample;
  const tokens = problems.reduce((sum, { question }) => sum + question.length / 4, 0) / problems.length;
  const latents = setup.checkpoint.codi.numLatents;
  const branches = setup.conditions.length - 1;
  const latentForwards = latents + (branches * (latents + 1)) / 2;
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
    tokenForwardsPerProblem: Math.round(tokens + 2 + latentForwards + setup.conditions.length * 9),
    weightsBytes: tensorsOfPlan(setup.checkpoint.plan).reduce((sum, ref) => sum + storedBytes(storedTensor(ref)), 0),
    memoryBytes: weightBytes + activationBytes(setup.checkpoint.config, rows, Math.ceil(tokens) + latents + 12),
    estimatedSeconds: await timeOne(setup),
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

async function timeOne(setup: Setup): Promise<number> {
  const model = await loadModel(setup);
  try {
    const [problem] = setup.sample.problems;
    if (problem === undefined) return 0;
    const once = async (): Promise<number> => {
      const start = performance.now();
      await runTokenAblation(model, [problem.question], setup.conditions, {
        ablateLayer: setup.options.ablateLayer,
        maxNewTokens: setup.maxNewTokens,
        attentionLayers: setup.options.layers,
      });
      return (performance.now() - start) / 1000;
    };
    await once();
    return (await once()) * setup.sample.problems.length;
  } finally {
    model.dispose();
  }
}

function activationBytes(config: LlamaConfig, rows: number, positions: number): number {
  const { dModel, dMlp, layers, heads, kvHeads, dHead, vocabSize } = config;
  const cache = rows * positions * layers * 2 * kvHeads * dHead;
  const activations = rows * (6 * dModel + 3 * dMlp + 2 * vocabSize + heads * positions);
  return 4 * (cache + activations);
}
