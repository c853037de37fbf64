/** The analysis side of the study `corruption`: beside what every study of conditions shows, KL at the answer's first token. */

import { showSmall } from "../../exhibits/number-text.js";
import type { FindingMaker } from "../finding.js";
import type { ConditionColumn } from "../shared/condition-table.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { rowsWith } from "../shared/rows.js";
import {
  type FirstTokenCondition,
  type FirstTokenRow,
  firstTokenOf,
  firstTokenSentence,
  klAtFirst,
} from "./first-token.js";

/** What corrupted latents break. */
export const corruptionFinding: FindingMaker = (input) => {
  const { run } = input;
  const rows: FirstTokenRow[] = rowsWith(input, firstTokenOf);
  if (rows.length === 0) return null;
  const conditions = conditionsOf(rows, { seed: run.seed, more: (mine) => klAtFirst(mine, run.seed) });
  const isRecorded = conditions.some((each: FirstTokenCondition) => each.klAtFirst !== undefined);
  return findingOfConditions<FirstTokenCondition>(input, conditions, {
    addition: firstTokenSentence(conditions, rows),
    columns: isRecorded ? [AT_FIRST] : [],
  });
};

const AT_FIRST: ConditionColumn<FirstTokenCondition> = {
  heading: "KL at the first token (original study's), nats",
  shown: ({ klAtFirst: found }) => (found === undefined ? "–" : showSmall(found)),
  column: "kl_first_token",
  means: "mean KL divergence from the baseline where the answer's first token is predicted, nats",
  value: ({ klAtFirst: found }) => found,
};
