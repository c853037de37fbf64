/** What the derivatives of a problem take. */

import { range } from "../../base/range.js";
import { isRead } from "../shared/spread.js";
import { type SizedProblem, WITH_GRADIENT, WITH_TANGENT, type Work, type WorkFacts, workOfRows } from "../work.js";
import { PROBES, STEPS } from "./iterated.js";
import { hasPairs, howFor, MOST_PROBLEMS } from "./read.js";

/** @returns nothing for problems that are not read, and where no latent moves another. */
export function influenceWork(facts: WorkFacts, { index, tokens }: SizedProblem): Work[] {
  const { numLatents, protocol, config } = facts;
  const how = howFor(config);
  if (!hasPairs(protocol, facts) || !isRead(index, { ...facts, most: MOST_PROBLEMS[how] })) return [];
  // No derivative is taken of the question, which all rows of a call share.
  const rowsOf = (rows: number, passes: number): Work[] =>
    workOfRows(facts, { rows, prompts: 1, tokens, passes, promptPasses: 1 });
  const pairs = (numLatents * (numLatents - 1)) / 2;
  const targets = numLatents - 1;
  // Neighbours are not cut apart.
  const cut = rowsOf(1 + pairs - targets, 1);
  if (how === "exact") return [...rowsOf(targets * config.dModel, WITH_GRADIENT), ...cut];
  const oneRule = [
    ...rowsOf(targets * PROBES, WITH_GRADIENT),
    ...range(STEPS).flatMap((step) => [
      ...rowsOf(pairs, WITH_TANGENT),
      // The last step has no way back.
      ...(step === STEPS - 1 ? [] : rowsOf(pairs, WITH_GRADIENT)),
    ]),
  ];
  // In total, and by the direct path.
  return [...oneRule, ...oneRule, ...cut];
}
