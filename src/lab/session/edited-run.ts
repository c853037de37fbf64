/** A question under edits, and what is done beside them to compare with. */

import type { CommonOptions, LatentModel } from "../../browser.js";
import { activeEdits, type LabState } from "../edits/edit.js";
import type { EditOptions } from "../edits/run-options.js";
import type { CleanRun } from "./clean-runs.js";
import { identityOf, placesOf, randomControl } from "./controls.js";
import { outcomeOf, type Pair } from "./outcome.js";
import { answerView, limitOf, RESIDUALS } from "./read.js";
import type { IdentityView, Outcome } from "./types.js";

/** A question and its edits, ready to run. */
export interface EditedQuestion {
  readonly state: LabState;
  readonly clean: CleanRun;
  readonly options: EditOptions;
}

/** The run under the edits, and one without them of the same batch: what comes before the first edit is the same to the bit. */
export async function runEdited(model: LatentModel, { state, clean, options }: EditedQuestion): Promise<Pair> {
  const { interventions, ...sources } = options;
  const sites = placesOf(activeEdits(state)).map(({ site }) => site);
  const { question } = clean.result;
  const conditions = [CLEAN, { name: "edited", interventions }];
  const given = { ...sources, ...scored(model, clean), lens: true, capture: [RESIDUALS, ...sites] } as const;
  const [[own, run] = []] = await model.runConditions([question], conditions, given);
  if (own === undefined || run === undefined) throw new RangeError("The batch gave no run");
  if (run.failure !== null) throw run.failure;
  return { run, clean: own };
}

/** The condition of the run that a batch is compared with. */
export const CLEAN = { name: "clean", interventions: [] };

/** The answer without edits is what every run is scored with. */
export function scored(
  model: LatentModel,
  { result: { question, answer } }: CleanRun,
): Pick<CommonOptions, "expected" | "knownAnswers" | "maxNewTokens"> {
  return {
    ...limitOf(model, question),
    knownAnswers: [answer.ids],
    ...(answer.value === null ? {} : { expected: [answer.value] }),
  };
}

/** A run under edits, to be compared with changes at random. */
export interface Drawn {
  readonly state: LabState;
  readonly clean: CleanRun;
  readonly edited: Pair;
  /** How many random directions. */
  readonly draws: number;
}

/** Changes of the same length in random directions, all of them as rows of one batch; none where the runs have no such place. */
export async function randomOutcomes(model: LatentModel, { state, clean, edited, draws }: Drawn): Promise<Outcome[]> {
  const places = placesOf(activeEdits(state));
  const controls = Array.from({ length: draws }, (_, draw) =>
    randomControl(places, { ...edited, seed: state.seed, draw }),
  ).filter((each) => each !== null);
  if (controls.length === 0) return [];
  const conditions = controls.map(({ interventions }, draw) => ({ name: `random ${draw}`, interventions }));
  const [[own, ...runs] = []] = await model.runConditions([clean.result.question], [CLEAN, ...conditions], {
    ...scored(model, clean),
    values: Object.assign({}, ...controls.map(({ values }) => values)),
    lens: true,
    capture: [RESIDUALS],
  });
  return own === undefined ? [] : runs.map((run) => outcomeOf({ run, clean: own }));
}

/** The edits' places multiplied by 1, by itself as the clean run was: the same passes, and so the same bits. */
export async function identityOutcome(
  model: LatentModel,
  { state, clean }: Pick<EditedQuestion, "state" | "clean">,
): Promise<IdentityView> {
  const { question, answer, captures } = clean.result;
  const run = await model.run(question, {
    ...limitOf(model, question),
    interventions: identityOf(activeEdits(state)),
    capture: [RESIDUALS],
  });
  const gaps = run.captures.sites.map((site) => largestGap(run.captures.get(site).data, captures.get(site).data));
  const same = run.answer.tokens.every(({ id, logProb }, i) => {
    const other = answer.tokens[i];
    return id === other?.id && Object.is(logProb, other.logProb);
  });
  const largest = Math.max(...gaps);
  return {
    answer: answerView(run),
    exact: largest === 0 && same && run.answer.tokens.length === answer.tokens.length,
    largest,
  };
}

/** 0 only where all numbers are the same, bit for bit. */
function largestGap(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return found.reduce(
    (most, x, i) =>
      Math.max(most, Object.is(x, wanted[i]) ? 0 : Math.max(Math.abs(x - (wanted[i] ?? 0)), Number.MIN_VALUE)),
    0,
  );
}
