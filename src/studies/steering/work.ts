/** What steering a problem takes. */

import { isRead } from "../shared/spread.js";
import { type SizedProblem, type Work, type WorkFacts, workOfRows } from "../work.js";
import { PAIRS } from "./draft.js";
import { MOST_PROBLEMS } from "./read.js";
import { STRENGTHS } from "./runs.js";
import { SITES } from "./sites.js";

/** @returns nothing for problems that are not steered. The questions of its pairs are taken to be as long as its own. */
export function steeringWork(facts: WorkFacts, { index, tokens }: SizedProblem): Work[] {
  if (facts.numLatents < 2 || !isRead(index, { ...facts, most: MOST_PROBLEMS })) return [];
  const strengths = Object.values(STRENGTHS).reduce((sum, { length }) => sum + length, 0);
  return [
    ...workOfRows(facts, { rows: 2 * PAIRS.most, tokens }),
    ...workOfRows(facts, { rows: 1 + SITES.length * strengths, prompts: 1, tokens, hasAnswer: true }),
  ];
}
