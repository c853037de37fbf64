/** What every run has: its answer against the expected one, and how likely it found it. */

import { layerOf, type Reading, type Readings } from "./reading.js";
import { fieldOf, type StudyRecord } from "./rows.js";

interface Answer {
  readonly predicted: number | string | boolean | null;
  readonly correct: boolean;
  readonly tokens: readonly unknown[];
  readonly careful?: { readonly correct: boolean } | undefined;
}

interface Measures {
  readonly expectedLogProb: number | null;
  readonly deltaExpectedLogProb: number | null;
  readonly klAtNumber: number | null;
  readonly klAtFirst?: number | null | undefined;
  readonly marginAtNumber: number | null;
  readonly attentionL2: Readonly<Record<string, number>> | null;
  readonly flip: "none" | "right-to-wrong" | "wrong-to-right" | null;
}

/** Of every completed run, the baseline included. */
export const runReadings: Readings = {
  measures: {
    correct: "1 where the answer is right by the protocol's own rule, else 0",
    correct_careful: "the same by the careful rule, which reads numbers as the data file's are read",
    broken: "of problems with a right baseline: 1 where the answer is wrong under the condition, else 0",
    mended: "of problems with a wrong baseline: 1 where the answer is right under the condition, else 0",
    answer: "the answer's number; not where it is none",
    answer_tokens: "tokens of the answer",
    log_prob: "log-probability of the expected number, teacher-forced, nats",
    delta_log_prob: "log_prob less the baseline's, nats",
    kl: "KL divergence from the baseline where the number is predicted, nats",
    kl_first_token: "KL divergence from the baseline where the answer's first token is predicted, nats",
    margin: "best less second-best logit at the answer's first number token",
    attention_l2:
      "Euclidean distance between EOT's attention to the latents and the baseline's, mean over heads, at the layer",
  },
  *of(record) {
    const answer = fieldOf<Answer>(record, "answer");
    const measures = fieldOf<Measures>(record, "measures");
    if (answer === undefined || measures === undefined) return;
    yield* answered(answer, measures);
    for (const [measure, value] of Object.entries(likelihoods(measures)))
      if (value !== null && value !== undefined) yield { measure, value };
    for (const [key, value] of Object.entries(measures.attentionL2 ?? {}))
      yield { measure: "attention_l2", layer: layerOf(key), value };
  },
};

function* answered({ predicted, correct, tokens, careful }: Answer, { flip }: Measures): Iterable<Reading> {
  yield { measure: "correct", value: Number(correct) };
  if (careful !== undefined) yield { measure: "correct_careful", value: Number(careful.correct) };
  if (flip !== null) {
    const wasCorrect = flip === "none" ? correct : !correct;
    yield { measure: wasCorrect ? "broken" : "mended", value: Number(flip !== "none") };
  }
  if (typeof predicted === "number") yield { measure: "answer", value: predicted };
  yield { measure: "answer_tokens", value: tokens.length };
}

function likelihoods(measures: Measures): Record<string, number | null | undefined> {
  return {
    log_prob: measures.expectedLogProb,
    delta_log_prob: measures.deltaExpectedLogProb,
    kl: measures.klAtNumber,
    kl_first_token: measures.klAtFirst,
    margin: measures.marginAtNumber,
  };
}

/** What a study without columns of its own keeps: every number, truth value and list of them below its name. */
export const keptReadings: Readings = {
  measures: {
    "kept.STUDY.FIELD":
      "what a study without measures of its own keeps of the run, below its name; true is 1, and places in lists are the component, from 0",
  },
  *of(record: StudyRecord) {
    const kept = fieldOf<Readonly<Record<string, unknown>>>(record, "kept");
    if (kept !== undefined) yield* numbersBelow(kept, { measure: "kept", places: [] });
  },
};

/** Where a value stands: the names on the way to it, and the places in lists. */
interface Where {
  readonly measure: string;
  readonly places: readonly number[];
}

function* numbersBelow(value: unknown, { measure, places }: Where): Iterable<Reading> {
  if (typeof value === "number" || typeof value === "boolean")
    yield { measure, value: Number(value), component: places.length === 0 ? null : places.join(".") };
  else if (Array.isArray(value))
    for (const [place, each] of value.entries()) yield* numbersBelow(each, { measure, places: [...places, place] });
  else if (typeof value === "object" && value !== null)
    for (const [name, each] of Object.entries(value))
      yield* numbersBelow(each, { measure: `${measure}.${name}`, places });
}
