/** The analysis side of the controls: all of them are tested, since none may change anything. */

import type { FindingMaker } from "../finding.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { apparatusSentence } from "./sentence.js";

/** What the controls' rows show. */
export const controlsFinding: FindingMaker = (input) =>
  input.rows.length === 0
    ? null
    : findingOfConditions(input, conditionsOf(input.rows, { seed: input.run.seed, hasControls: false }), {
        effect: apparatusSentence,
      });
