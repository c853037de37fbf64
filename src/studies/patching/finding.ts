/** The analysis side of the study `patching`. */

import { type Exhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { testedSentence } from "../shared/tested.js";
import { patchingFigure, patchingHeadsFigure } from "./figures.js";
import { patchingFile } from "./files.js";
import { keyOf, patchingHeadline } from "./headline.js";
import { patchingSentence } from "./sentence.js";
import { noisingEffects, type PatchingSummary, patchingSummary, patchRowsOf } from "./summary.js";
import { patchingTable } from "./table.js";

/** What patches of one run into another move. */
export const patchingFinding: FindingMaker = ({ story, records, run }) => {
  const rows = patchRowsOf(records);
  const patching = patchingSummary(rows, run.seed);
  if (patching === null) return null;
  const { name, question, caveat = null } = story;
  const caption = captionOf(run);
  return {
    name,
    question,
    sentence: patchingSentence(patching),
    headline: patchingHeadline(patching),
    units: (key) =>
      noisingEffects(rows, (cell) => keyOf(cell) === key).map(({ problemId, effect }) => ({
        problemId,
        sum: effect,
        n: 1,
      })),
    caveat,
    tested: testedSentence([]),
    method: methodOf(patching),
    data: findingData({ patching }),
    // Without a pair there is no map to draw.
    exhibits:
      patching.pairs === 0
        ? []
        : [
            figureExhibit({ key: "", title: question, spec: patchingFigure(patching, { question, run }), caption }),
            ...headsExhibit(patching, run),
            tableExhibit({
              key: "",
              table: patchingTable(patching),
              folded:
                "The strongest block of each position and head (picked out of all blocks; every cell is in tables/patching.csv)",
              shown:
                "Each row is the best of all blocks, picked by looking; its 95 % interval does not allow for that. Beside it stands the block that one gradient would pick with no cell run, and what patching does there.",
              files: [patchingFile(patching)],
            }),
          ],
  };
};

const HEADS = "Which heads carry the value?";

function headsExhibit(patching: PatchingSummary, run: ShownRun): Exhibit[] {
  const spec = patchingHeadsFigure(patching, { question: HEADS, run });
  return spec === null ? [] : [figureExhibit({ key: "heads", title: HEADS, spec, caption: captionOf(run) })];
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Effect of writing what another run computed into this one, a run a cell: 0 leaves the logit difference of the two answers where it is, 1 makes it the other run's. Noising writes the counterfactual's into the question's run, denoising the other way. Attention, MLP and heads are patched in some neighbouring blocks at once. Intervals of every cell are in tables/patching.csv; no test.`;
}

function methodOf({ pairs, dropped, maps }: PatchingSummary): string {
  if (pairs === 0) return "No question had a pair, so nothing was patched.";
  const lost = dropped.reduce((sum, each) => sum + each.count, 0);
  return `Activations of the same question with one number changed were written in, block by block and position by position, and the other way round (activation patching [@meng2022; @zhang2024]), on ${pairs} pairs${lost === 0 ? "" : ` (${lost} dropped)`}; the effect is the share of the logit difference of the two answers that moved.${predictedMethod(maps)}`;
}

function predictedMethod(maps: PatchingSummary["maps"]): string {
  if (maps.every(({ agreement }) => agreement === undefined)) return "";
  return " Beside each patch into the question's run stands what the gradient at that run predicts for it (attribution patching [@nanda2022]), one backward pass a pair.";
}
