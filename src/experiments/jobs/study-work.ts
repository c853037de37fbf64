/** What the studies of a run compute beside its conditions, as a plan counts it. */

import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { Study } from "../../studies/study.js";
import type { Work, WorkFacts } from "../../studies/work.js";
import { ANSWER_TOKENS, type BatchCost, type Layout } from "./estimate.js";

/** A run's studies, and what their work depends on. */
export interface WorkingStudies extends Pick<WorkFacts, "problems" | "wholeSample"> {
  readonly studies: readonly Study[];
  readonly protocol: AnyProtocol;
}

/** A problem of the run. */
interface AskedProblem {
  readonly index: number;
  readonly question: string;
}

/** What reading a problem's baseline costs. Studies whose work is the same function compute it once. */
export function readingCosts(
  { studies, ...run }: WorkingStudies,
  { index, question }: AskedProblem,
  layout: Layout,
): BatchCost[] {
  const facts = factsOf(run, layout);
  const problem = { index, tokens: layout.promptOf(question).length };
  const works = new Set(studies.map(({ readWork }) => readWork));
  return [...works].flatMap((work) => costsOf(work?.(facts, problem) ?? [], layout));
}

/** What the files that are made at the end cost. */
export function afterRunCosts(
  { studies, ...run }: WorkingStudies,
  problems: readonly AskedProblem[],
  layout: Layout,
): BatchCost[] {
  const facts = factsOf(run, layout);
  const sized = problems.map(({ index, question }) => ({ index, tokens: layout.promptOf(question).length }));
  return studies.flatMap(({ afterRun }) => costsOf(afterRun?.work?.(facts, sized) ?? [], layout));
}

function factsOf(run: Omit<WorkingStudies, "studies">, { config, numLatents, eotTokens }: Layout): WorkFacts {
  return { ...run, config, numLatents, eotTokens, answerTokens: ANSWER_TOKENS };
}

/** As one batch; it shares nothing with the rows of conditions, by themselves or not. */
function costsOf(work: readonly Work[], { numLatents }: Layout): BatchCost[] {
  if (work.length === 0) return [];
  const tokenForwards = work.reduce((sum, { cells, forwards }) => sum + cells * forwards, 0);
  return [
    {
      ...{ nodes: 0, tokenForwards, apart: tokenForwards, rows: [] },
      forwards: work.map(({ cells, forwards }) => ({ cells, share: forwards })),
      heads: work.flatMap(({ heads }) => heads ?? []),
      ...{ latents: numLatents, prompts: [] },
    },
  ];
}
