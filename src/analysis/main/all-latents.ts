/** Answers without the model's own latents, beside every table of the sample. */

import { shareText } from "../../exhibits/headline.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import { ALL_LATENTS, type AllLatentsControl, type AllLatentsKind } from "../../studies/shared/all-latents.js";
import type { AllLatentsSummary, RunData, Summary } from "../summary-types.js";

/** @returns each way in which the run takes all latents away, over all problems and by level. */
export function allLatentsSummaries(
  controls: readonly AllLatentsControl[],
  { problems, levels }: Pick<RunData, "problems"> & { readonly levels: readonly string[] },
): AllLatentsSummary[] {
  return controls.map(({ kind, outcomes: { right, broken, riskDifference, deltaLogProb, kl }, right: rightOf }) => ({
    kind,
    right,
    broken,
    riskDifference,
    deltaLogProb,
    kl,
    byLevel: levels.map((level) => {
      const mine = problems.filter(({ id, difficulty }) => difficulty === level && rightOf.has(id));
      const before = mine.filter(({ baselineCorrect }) => baselineCorrect);
      const isRight = ({ id }: { readonly id: string }): boolean => rightOf.get(id) === true;
      return {
        level,
        right: rateOf(mine.filter(isRight).length, mine.length),
        broken: rateOf(before.filter((each) => !isRight(each)).length, before.length),
      };
    }),
  }));
}

/** One line that stands below every claim on latents; none where the run takes them away in no way. */
export function allLatentsLine({ allLatents, baseline }: Pick<Summary, "allLatents" | "baseline">): string[] {
  if (allLatents.length === 0) return [];
  const parts = allLatents.map(
    ({ kind, right }) => `${SAID[kind]} ${right.count} of ${right.n} (${shareText(right.rate)})`,
  );
  return [
    `Right without the model's own latents: ${parts.join("; ")}. With them: ${baseline.correct} of ${baseline.n}.`,
  ];
}

const SAID: Readonly<Record<AllLatentsKind, string>> = {
  "no latents": "no latent can be read,",
  "mean latents": "means of other problems,",
  "another problem's latents": "another problem's latents,",
};

/** Names of their columns in files; all kinds have theirs, so that files of several runs can be joined. */
export const ALL_LATENTS_COLUMNS: ReadonlyMap<AllLatentsKind, string> = new Map(
  ALL_LATENTS.map((kind) => [kind, kind.replace("another problem's", "other").replaceAll(" ", "_")]),
);
