/** The analysis side of studies that cut what one position reads: beside answers, what the cut takes away and changes in the latents. */

import { type FigureExhibit, figureExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker } from "../finding.js";
import { knockoutFigure, type MapHead } from "./condition-figure.js";
import { conditionsOf } from "./conditions.js";
import { findingOfConditions } from "./conditions-finding.js";
import { type KnockoutCondition, type KnockoutRow, knockoutEffects, knockoutOf } from "./knockout-effects.js";
import { KNOCKOUT_METHOD } from "./knockout-method.js";
import { attentionPredictions } from "./knockout-predictions.js";
import { knockoutSentence } from "./knockout-sentence.js";
import { knockoutExhibits } from "./knockout-table.js";
import { rowsWith } from "./rows.js";

/** What knockouts break, cut and change. */
export const knockoutFinding: FindingMaker = (input) => {
  const { run, story } = input;
  const rows: KnockoutRow[] = rowsWith(input, knockoutOf);
  if (rows.length === 0) return null;
  const effects = knockoutEffects(rows, run.seed);
  const conditions: KnockoutCondition[] = conditionsOf(rows, {
    seed: run.seed,
    more: (_, condition) => {
      const knockout = effects.get(condition);
      return knockout === undefined ? {} : { knockout };
    },
  });
  const predictions = attentionPredictions(rows, run.seed);
  const { figure } = story;
  const count = predictions.length;
  return findingOfConditions(input, conditions, {
    addition: knockoutSentence(conditions, predictions),
    otherTests:
      count === 0
        ? []
        : [`${count} tests of attention against effects (permutation of problems), a family of their own`],
    method: KNOCKOUT_METHOD,
    data: count === 0 ? {} : { predictions },
    figures: figure === undefined ? [] : attentionExhibit(conditions, { axes: figure, run }),
    tables: knockoutExhibits(story.name, conditions),
  });
};

const QUESTION = "Does attention tell what a knockout does?";

function attentionExhibit(conditions: readonly KnockoutCondition[], head: Omit<MapHead, "question">): FigureExhibit[] {
  const spec = knockoutFigure(conditions, { ...head, question: QUESTION });
  if (spec === null) return [];
  const caption = `${basisOf(head.run)}. Above, how much attention goes in the baseline to what a knockout cuts; below, how far the reader's state after the last block moves when it is cut. Beside their controls, with 95 % bootstrap intervals over problems, in the folded table and in tables/latent_effects.csv; the test of the one against the other is in the text.`;
  return [figureExhibit({ key: "attention", title: QUESTION, spec, caption })];
}
