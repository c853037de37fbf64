/** The analysis side of the controls: all of them are tested, since none may change anything. */

import type { FindingMaker } from "../finding.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { unitsOfRows } from "../shared/units.js";
import { controlsHeadline } from "./headline.js";
import { apparatusSentence } from "./sentence.js";

/** What the controls' rows show. */
export const controlsFinding: FindingMaker = (input) => {
  if (input.rows.length === 0) return null;
  const conditions = conditionsOf(input.rows, { seed: input.run.seed, hasControls: false });
  return findingOfConditions(input, conditions, {
    effect: apparatusSentence,
    headline: controlsHeadline(conditions),
    units: unitsOfRows(input.rows, "right"),
  });
};
