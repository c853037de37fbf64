/** What training and testing the directions takes. */

import { range } from "../../base/range.js";
import { type SizedProblem, WITH_GRADIENT, type Work, type WorkFacts, workOfRows } from "../work.js";
import { FEWEST, FOLDS, MOST_SWAPS, RANKS } from "./after-run.js";
import { BATCH, EPOCHS, TOGETHER } from "./train.js";

/** Both ends of the way from the run as it is to the whole state exchanged. */
const ENDS = 2;

/** @returns nothing where there are too few problems. Each problem is taken to have a pair whose whole state moves the answer. */
export function subspaceWork(facts: WorkFacts, problems: readonly SizedProblem[]): Work[] {
  const pairs = problems.length;
  if (pairs < FEWEST.pairs) return [];
  const tokens = problems.reduce((sum, each) => sum + each.tokens, 0) / pairs;
  const ranks = RANKS.filter((rank) => rank <= facts.config.dModel).length;
  const held = pairs / FOLDS;
  const training = 2 * (pairs - held);
  const swaps = Math.min(training, MOST_SWAPS);
  const run = (questions: number, bases: number): Work[] =>
    workOfRows(facts, { rows: questions * (1 + bases), prompts: questions, tokens, hasAnswer: true });
  const gradients = (count: number, together: number): Work[] =>
    range(Math.ceil(count / together)).flatMap((batch) =>
      workOfRows(facts, {
        ...{ rows: Math.min(together, count - batch * together), tokens },
        ...{ hasAnswer: true, passes: WITH_GRADIENT },
      }),
    );
  const fold = [
    ...run(training, 1),
    ...range(ENDS).flatMap(() => gradients(swaps, TOGETHER)),
    ...range(EPOCHS).flatMap(() => gradients(swaps * ranks, BATCH * ranks)),
    ...run(swaps, ranks),
    // The whole state; trained, random and principal directions; the trained ones elsewhere.
    ...run(held, 1 + 3 * ranks),
    ...run(held, ranks),
  ];
  return [...run(2 * pairs, 0), ...range(FOLDS).flatMap(() => fold)];
}
