/** The analysis side of the study `verified`: searches the chains, and shows them beside those of other problems' latents. */

import { figureExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { testedSentence } from "../shared/tested.js";
import { verifiedFigure } from "./figure.js";
import { verifiedHeadline } from "./headline.js";
import { namedNumbersOf } from "./record.js";
import { type VerifiedRow, type VerifiedSummary, verifiedSummary } from "./summary.js";
import { chainsTable, levelsTable } from "./tables.js";
import { verifiedSentence } from "./words.js";

/** What can be read of the runs without intervention. */
export const verifiedFinding: FindingMaker = ({ story, baselines, run }) => {
  const inOrder = [...baselines].sort((a, b) => a.problem.index - b.problem.index);
  const verified = verifiedSummary(inOrder.flatMap(rowOf), run.seed);
  if (verified === null) return null;
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: verifiedSentence(verified),
    headline: verifiedHeadline(verified),
    caveat,
    tested: testedSentence([]),
    method: METHOD,
    data: findingData({ verified: { ...verified, problems: verified.problems.length } }),
    exhibits: [
      figureExhibit({
        key: "",
        title: question,
        spec: verifiedFigure(verified, { question, run }),
        caption: captionOf(run, verified),
      }),
      levelsTable(verified),
      chainsTable(verified),
    ],
  };
};

function rowOf(record: StudyRecord): VerifiedRow[] {
  const named = namedNumbersOf(record);
  if (named === undefined) return [];
  const answer = fieldOf<{ readonly predicted: unknown; readonly correct: boolean }>(record, "answer");
  const predicted = typeof answer?.predicted === "number" ? answer.predicted : null;
  const { id, question } = record.problem;
  return [{ problemId: id, question, answer: predicted, correct: answer?.correct ?? false, named }];
}

const METHOD =
  "Numbers that the head names at BOT and the latents were chained to equations whose operands stand in the question or come from earlier equations, and which end in the model's answer (forward chaining [@dilgren2026]); control: the latents of another problem.";

function captionOf(run: ShownRun, { levels }: VerifiedSummary): string {
  const control =
    levels[0]?.found.other === null
      ? ""
      : " The control has the same question and answer and the latents of another problem.";
  return `${basisOf(run)}. Share of problems with a chain, by how many of the head's choices at each position are looked at.${control} Every chain is in tables/verified_chains.csv; no test.`;
}
