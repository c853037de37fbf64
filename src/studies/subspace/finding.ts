/** The analysis side of the study `subspace`. */

import { type Exhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ProblemUnit, type ShownRun } from "../finding.js";
import { patchRowsOf } from "../patching/summary.js";
import { testedSentence } from "../shared/tested.js";
import { subspaceFigure } from "./figure.js";
import { SUBSPACE_FILE, type SubspaceFile, subspaceFileOf } from "./file.js";
import { subspaceHeadline, WHOLE_ROW } from "./headline.js";
import { subspaceSentence } from "./sentence.js";
import { isMoved, type SubspaceSummary, subspaceSummary } from "./summary.js";
import { blocksFile, subspaceFile, subspaceTable } from "./table.js";
import { blocksText, directions } from "./words.js";

/** What the directions that were trained at the run's end do to pairs that they were not trained on. */
export const subspaceFinding: FindingMaker = ({ story, records, run, file }) => {
  const found = subspaceFileOf(file(SUBSPACE_FILE));
  const subspace = subspaceSummary(patchRowsOf(records), { file: found, seed: run.seed });
  if (subspace === null) return null;
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: subspaceSentence(subspace),
    headline: subspaceHeadline(subspace),
    units: (key) => unitsOf(found, key),
    caveat,
    tested: testedSentence([]),
    method: methodOf(subspace),
    data: findingData({ subspace }),
    exhibits: exhibitsOf(subspace, { question, run }),
  };
};

function exhibitsOf(
  subspace: SubspaceSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): Exhibit[] {
  // Without directions there is nothing to draw.
  if (subspace.whole === null) return [];
  return [
    figureExhibit({
      key: "",
      title: question,
      spec: subspaceFigure(subspace, { question, run }),
      caption: captionOf(subspace, run),
    }),
    tableExhibit({
      key: "",
      table: subspaceTable(subspace),
      folded: "Every number of directions (tables/subspace.csv; the whole state by block: tables/subspace_blocks.csv)",
      shown:
        "Held-out pairs whose answer becomes the other run's number, with 95 % Wilson intervals; beside them the runs that the directions were trained on and move; effect: mean change of the logit difference, 0 none, 1 all the way, with a bootstrap interval over pairs. The last control exchanges only where the head's first choice is the same in both runs, so fewer pairs have it.",
      files: [subspaceFile(subspace), blocksFile(subspace)],
    }),
  ];
}

/** Whether each pair's answer is moved, by the row of the headline. */
function unitsOf(file: SubspaceFile | null, key: string): ProblemUnit[] | null {
  if (file?.kind !== "value") return null;
  const units = file.pairs.flatMap((pair) => {
    const outcome = key === WHOLE_ROW ? pair.whole : pair.ranks.find(({ rank }) => directions(rank) === key)?.trained;
    return outcome === undefined ? [] : [{ problemId: pair.id, sum: Number(isMoved(pair, outcome)), n: 1 }];
  });
  return units.length === 0 ? null : units;
}

function captionOf(summary: SubspaceSummary, run: ShownRun): string {
  return `${basisOf(run)}. The output of ${blocksText(summary)} at BOT and all latents: the component in the directions is exchanged for that of the question with one number changed, and later latents are recomputed. Directions are trained on one half of the problems and tried on the other. All numbers are in tables/subspace.csv; no test.`;
}

function methodOf({ whole, folds }: SubspaceSummary): string {
  if (whole === null) return "No directions were trained.";
  const swaps = folds.map((each) => each.swaps).join(" and ");
  return `Directions were found by distributed alignment search [@geiger2024]: orthonormal directions at BOT and all latents, started at the leading directions of the first-order effect and trained by Adam on the log-probability of the other run's answer, in two folds of whole problems (${swaps} training runs). The block was chosen on the training problems. Controls: random directions and principal components of equal number, the whole state, and positions that name the same value in both runs.`;
}
