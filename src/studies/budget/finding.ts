/** The analysis side of the study `budget`: right answers by the number of latents. */

import { figureExhibit } from "../../exhibits/exhibit.js";
import type { FindingMaker } from "../finding.js";
import { conditionCaption } from "../shared/condition-figure.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { KNOCKOUT_METHOD } from "../shared/knockout-method.js";
import { unitsOfRows } from "../shared/units.js";
import { budgetFigure } from "./figure.js";
import { budgetHeadline, readable } from "./headline.js";
import { isLonger } from "./longer.js";
import { budgetSentence } from "./sentence.js";

/** What fewer latents lose, and what more of them than in the baseline do. */
export const budgetFinding: FindingMaker = (input) => {
  const { rows, run, story } = input;
  if (rows.length === 0) return null;
  const conditions = conditionsOf(rows, { seed: run.seed });
  const { question } = story;
  const spec = budgetFigure(conditions, { question, run });
  return findingOfConditions(input, conditions, {
    effect: budgetSentence,
    headline: budgetHeadline(conditions),
    units: unitsOfRows(rows, "right", {
      conditionOf: (key) =>
        conditions.find((each) => !each.isControl && !isLonger(each) && readable(each) === key)?.condition,
    }),
    method: [KNOCKOUT_METHOD, ...(conditions.some(isLonger) ? [LONGER] : [])].join(" "),
    figures: [figureExhibit({ key: "", title: question, spec, caption: conditionCaption(run) })],
  });
};

const LONGER =
  "Levels beyond the baseline's number of latents ran the latent loop that often, which a model trained with that number never did.";
