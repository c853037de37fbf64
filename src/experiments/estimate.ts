/** What a run will cost: its batches laid out as the run lays them out, and their time from step rates measured on this machine. */

import { limitsFor, pack } from "../model/codi/packing.js";
import { planRows } from "../model/codi/plan-rows.js";
import type { Condition } from "../model/codi/run-types.js";
import { forwardMs, headMs, type StepRate } from "../model/codi/step-rates.js";
import { type TreeCost, treeCost } from "../model/codi/tree-cost.js";
import type { LlamaConfig } from "../model/llama/config.js";
import { plannedCells } from "./patching/planned-cells.js";
import { byLatents } from "./same-latents.js";
import type { StudyCondition } from "./study.js";

/** What the layout depends on. */
export interface Layout {
  readonly config: LlamaConfig;
  readonly numLatents: number;
  readonly eotTokens: number;
  readonly maxNewTokens: number;
  readonly rows: number;
  /** Problems that are computed and written together. */
  readonly batchProblems: number;
  readonly promptOf: (question: string) => number[];
  /** Texts of the question's positions. */
  readonly tokensOf: (question: string) => string[];
}

/** An answer is taken to have so many tokens. */
export const ANSWER_TOKENS = 8;

/** One batch's cost, the prompt lengths of its rows, and how many latents they have. */
export interface BatchCost extends TreeCost {
  readonly latents: number;
  readonly prompts: readonly number[];
}

/** Cost of every batch, in the order in which they run. */
export function batchCosts(
  questions: readonly string[],
  conditions: readonly StudyCondition[],
  layout: Layout,
): BatchCost[] {
  const { trained, others } = byLatents(conditions);
  const common = trained.filter(({ forQuestion, patch }) => forQuestion === undefined && patch === undefined);
  const maps = trained.filter(({ patch }) => patch !== undefined);
  const own = trained.filter(({ forQuestion }) => forQuestion !== undefined);
  const cells = [...common.slice(0, 1), ...plannedCells(maps, layout.config, layout)];
  // A map's cells are laid out alike for every question, so that its length tells their cost.
  const mapsByLength = new Map<number, readonly BatchCost[]>();
  const mapsOf = (question: string): readonly BatchCost[] => {
    const { length } = layout.promptOf(question);
    const cost = mapsByLength.get(length) ?? packed([question], cells, layout);
    mapsByLength.set(length, cost);
    return cost;
  };
  const costs: BatchCost[] = [];
  for (let begin = 0; begin < questions.length; begin += layout.batchProblems) {
    const some = questions.slice(begin, begin + layout.batchProblems);
    costs.push(...packed(some, common, layout));
    for (const { latents, conditions: mine } of others)
      costs.push(...packed(some, mine, { ...layout, numLatents: latents }));
    if (maps.length > 0) costs.push(...some.flatMap(mapsOf));
    for (const question of own.length === 0 ? [] : some) {
      const tokens = layout.tokensOf(question);
      const made = own.map((each) => ({ name: each.name, interventions: each.forQuestion?.(tokens) ?? [] }));
      const acting = made.filter(({ interventions }) => interventions.length > 0);
      if (acting.length > 0) costs.push(...packed([question], [...common.slice(0, 1), ...acting], layout));
    }
  }
  return costs;
}

function packed(questions: readonly string[], conditions: readonly Condition[], layout: Layout): BatchCost[] {
  const { config, numLatents, eotTokens, maxNewTokens, rows } = layout;
  const limits = limitsFor(config, rows, numLatents + 2 + maxNewTokens);
  const lengths = questions.map((question) => layout.promptOf(question).length);
  return pack(lengths, conditions.length + 1, limits).map((places) => {
    const batch = { questions: places.map((place) => questions[place] ?? ""), conditions, hooks: [] };
    const planned = planRows(batch, layout.promptOf, { numLatents, layers: config.layers });
    return {
      ...treeCost(planned, { eotTokens, answerTokens: ANSWER_TOKENS }),
      latents: numLatents,
      prompts: planned.rows.map(({ promptIds }) => promptIds.length),
    };
  });
}

/** Seconds of batches, every answer taken to agree with the clean one. */
export function secondsOf(costs: readonly TreeCost[], rates: readonly StepRate[]): number {
  const ms = costs.map(
    ({ forwards, heads }) =>
      forwards.reduce((sum, { cells, share }) => sum + share * forwardMs(rates, cells), 0) +
      heads.reduce((sum, cells) => sum + headMs(rates, cells), 0),
  );
  return ms.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Seconds of the plain loop: every condition of every problem by itself, prompt at once, then token by token with a cache. */
export function secondsApart(
  costs: readonly BatchCost[],
  rates: readonly StepRate[],
  { eotTokens }: Pick<Layout, "eotTokens">,
): number {
  const after = (latents: number): number =>
    (latents + eotTokens + ANSWER_TOKENS - 1) * forwardMs(rates, 1) + ANSWER_TOKENS * headMs(rates, 1);
  const ms = costs.flatMap(({ prompts, latents }) =>
    prompts.map((length) => forwardMs(rates, length) + after(latents)),
  );
  return ms.reduce((sum, each) => sum + each, 0) / 1000;
}
