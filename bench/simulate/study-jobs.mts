/** The jobs of a study that nobody has to run: planned as the coordinator plans them, from a checkpoint's configuration and tokenizer. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { secondsOf } from "../../src/experiments/jobs/estimate.js";
import { slowSeconds } from "../../src/experiments/jobs/part-cost.js";
import { partsOfRun } from "../../src/experiments/jobs/plan-jobs.js";
import { mostLatents } from "../../src/experiments/jobs/same-latents.js";
import { layersByDefault } from "../../src/experiments/plan/defaults.js";
import { layoutFor } from "../../src/experiments/plan/layout.js";
import { rowsAtOnce } from "../../src/experiments/plan/rows-at-once.js";
import type { Problem } from "../../src/experiments/problems/problem.js";
import { openCheckpointFolder } from "../../src/model/checkpoint/open-folder.js";
import { tokenizerOf } from "../../src/model/latent/load/tokenizer-of.js";
import type { StepRate } from "../../src/model/latent/plan/rates.js";
import { protocolOf } from "../../src/model/latent/protocols/index.js";
import { conditionsOf, readStudies } from "../../src/studies/index.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";

const PROBLEMS = fileURLToPath(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url));

/** Jobs of a study, one number each. */
export interface StudyJobs {
  /** By rates that were measured, each multiplied with what whole runs take over their steps. */
  readonly seconds: readonly number[];
  /** What shards are cut by. */
  readonly planned: readonly number[];
  readonly records: readonly number[];
  readonly conditions: number;
}

/** What is planned. */
export interface Study {
  readonly problems: number;
  /** Of one worker. */
  readonly rates: readonly StepRate[];
  /** Default: all, and what runs beside them. */
  readonly studies?: readonly string[];
}

/** The jobs of a study. */
export async function studyJobs(model: string, { problems, rates, studies }: Study): Promise<StudyJobs> {
  const checkpoint = await openCheckpointFolder(model);
  await checkpoint.close();
  const { config, codi, eosTokenId } = checkpoint;
  const { protocol } = codi;
  const { ablateLayer: layer } = layersByDefault(config.layers);
  const context = { layer, depth: config.layers, latents: codi.numLatents, protocol };
  const conditions = conditionsOf(studies ?? STUDY_NAMES, context, { withControls: studies === undefined });
  const { maxNewTokens } = protocolOf(protocol);
  const rows = rowsAtOnce(config, undefined, mostLatents(codi.numLatents, conditions) + 2 + maxNewTokens);
  const parts = { config, codi, eosTokenId, protocol, tokenizer: tokenizerOf(checkpoint) };
  const layout = layoutFor(parts, { maxNewTokens, rows });
  const jobs = { seconds: [] as number[], planned: [] as number[], records: [] as number[] };
  const working = { studies: readStudies(studies ?? STUDY_NAMES), protocol, problems };
  for (const part of partsOfRun({ problems: manyProblems(problems), conditions, working }, layout)) {
    jobs.seconds.push(secondsOf(part.costs, rates));
    jobs.planned.push(slowSeconds(part.costs, config));
    jobs.records.push(part.problems.length * part.conditions.length);
  }
  return { ...jobs, conditions: conditions.length };
}

/** The embedded problems, and after them the same with other digits. */
function manyProblems(count: number): Problem[] {
  const own = readFileSync(PROBLEMS, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Problem);
  return Array.from({ length: count }, (_, place) => {
    const problem = own[place % own.length];
    if (problem === undefined) throw new RangeError("There are no embedded problems");
    const turn = Math.floor(place / own.length);
    const question = problem.question.replace(/\d/g, (digit) => String((Number(digit) + turn) % 10));
    return { ...problem, id: `${place}`, question };
  });
}
