/** Which other questions `mean` and `resample` draw on, and in what order `shuffle` exchanges positions. */

import { UsageError } from "../../base/errors.js";
import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { formatIntervention, type Intervention } from "../hooks/interventions.js";

/** What an intervention drew on for one question, so that anyone can compute it again. */
export interface Drawn {
  /** The intervention's text. */
  readonly intervention: string;
  /** `mean`, `resample`: places in `reference`. */
  readonly donors?: readonly number[];
  /** `shuffle`: where the values come from, one name for each addressed position in the order of the sequence. */
  readonly order?: readonly string[];
}

/** Reads other questions' values: a question is never its own donor. */
export function needsOthers({ operation }: Pick<Intervention, "operation">): boolean {
  return operation.kind === "mean" || operation.kind === "resample";
}

/**
 * Which questions of the reference another question can draw on.
 *
 * @param idsOf the prompt of a question: two questions of equal prompts are one to the model, and no donor of each other.
 * @returns places in `reference`.
 */
export function otherQuestions(
  question: string,
  reference: readonly string[],
  idsOf: (question: string) => readonly number[],
): number[] {
  const own = idsOf(question).join();
  return reference.flatMap((other, place) => (other === question || idsOf(other).join() === own ? [] : [place]));
}

/** @throws UsageError where one of the questions has nothing to draw on, before anything is computed. */
export function checkDonors(
  interventions: readonly Intervention[],
  { questions, reference }: { readonly questions: readonly string[]; readonly reference: readonly string[] },
  idsOf: (question: string) => readonly number[],
): void {
  const needy = interventions.find(needsOthers);
  if (needy === undefined) return;
  const alone = questions.find((question) => otherQuestions(question, reference, idsOf).length === 0);
  if (alone === undefined) return;
  const found =
    reference.length === 0
      ? "no reference question was given"
      : `the ${reference.length} reference question${reference.length === 1 ? " is" : "s are"} that question itself`;
  throw new UsageError(
    `${formatIntervention(needy)} draws on other questions, and "${alone}" has none: ${found}`,
    "pass at least one other question in reference (--reference FILE of trace)",
  );
}

/** The one question that `resample` draws, the same one for the same question and seed. @param among not empty. */
export function resampledFrom(question: string, seed: number, among: readonly number[]): number | undefined {
  return among[seededRandom(hashText(`${seed}|${question}|resample`)).int(Math.max(1, among.length))];
}

/**
 * Order of a `shuffle`, drawn among all orders but the identity: which place each place gets its values from.
 *
 * @param places at least 2.
 */
export function shuffledOrder(question: string, seed: number, places: number): number[] {
  const random = seededRandom(hashText(`${seed}|${question}|shuffle`));
  for (;;) {
    const order = permutation(places, random);
    if (order.some((from, to) => from !== to)) return order;
  }
}
