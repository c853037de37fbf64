/** One run result as a record, measured against its baseline, with what studies keep of it. */

import { formatIntervention } from "../../model/hooks/interventions.js";
import { isSameAnswer, type ParsedAnswer } from "../../model/latent/answer/kind.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { type ExperimentRecord, type OkRecord, RECORD_SCHEMA, type RecordEngine } from "../../records/record.js";
import { BASELINE } from "../../studies/baseline/study.js";
import { type Kept, type StudyMeasures, UNMEASURED, UNREAD } from "../../studies/fields.js";
import type { Computed } from "../../studies/read-context.js";
import type { StudyCondition } from "../../studies/study.js";
import type { Problem } from "../problems/problem.js";

/** What a record is of. */
export interface RecordSubject {
  readonly key: string;
  readonly protocol: AnyProtocol;
  readonly engine?: RecordEngine | undefined;
  readonly problem: Problem;
  readonly index: number;
  readonly condition: StudyCondition;
}

/** What a record is made of. */
export interface RecordParts {
  readonly result: RunResult;
  readonly baseline: RunResult;
  /** What studies keep of the run. */
  readonly kept: Kept;
}

/** @returns a record; a run whose numbers were not finite becomes a failed one, never a wrong answer. */
export function makeRecord(subject: RecordSubject, { result, baseline, kept }: RecordParts): ExperimentRecord {
  const { condition, problem } = subject;
  const failure = result.failure ?? baseline.failure;
  if (failure !== null) return failedRecord(subject, failure);
  const changed = condition.isIdentity === true ? identityFailure(result, baseline) : null;
  if (changed !== null) return failedRecord(subject, changed);
  if ("error" in kept) return failedRecord(subject, kept.error);
  const correct = correctness(subject, result);
  return {
    ...subjectFields(subject),
    status: "ok",
    answer: {
      text: result.answer.text,
      tokens: result.answer.tokens.map((token) => ({ ...token })),
      finish: result.answer.finish,
      ...readingFields(result.answer.parsed),
      correct,
      careful: {
        ...readingFields(result.answer.careful),
        correct: isSameAnswer(result.answer.careful, problem.expected),
      },
    },
    measures: { ...UNMEASURED, ...commonMeasures(subject, { result, baseline, correct }), ...kept.measures },
    ...drawnOf(result),
    ...UNREAD,
    ...kept.fields,
  };
}

// Float32 noise between two ways through the same numbers stays far below; a wrong patch does not.
const MOST_IDENTITY_CHANGE = 1e-3;

/** A control that changed something: its study's numbers cannot be trusted. */
function identityFailure(result: RunResult, baseline: RunResult): { name: string; message: string } | null {
  const [before, after] = [baseline.answer.ids.join(), result.answer.ids.join()];
  const change = Math.abs((result.logProb ?? 0) - (baseline.logProb ?? 0));
  if (before === after && change <= MOST_IDENTITY_CHANGE) return null;
  const what =
    before === after
      ? `the expected number's log-probability moved by ${change}`
      : `the answer became ${JSON.stringify(result.answer.text)} from ${JSON.stringify(baseline.answer.text)}`;
  return { name: "ControlError", message: `a control that must change nothing did: ${what}` };
}

/** @returns the record of an item that has no result. */
export function failedRecord(
  subject: RecordSubject,
  { name, message }: { readonly name: string; readonly message: string },
): ExperimentRecord {
  return { ...subjectFields(subject), status: "failed", error: { name, message } };
}

/** @returns the record of a condition that its study ran itself. */
export function computedRecord(subject: RecordSubject, computed: Computed): ExperimentRecord {
  return "error" in computed
    ? failedRecord(subject, computed.error)
    : { ...subjectFields(subject), status: "patched", ...computed.patched };
}

/** The question as the model got it, where that is another text. */
function askedOf(protocol: RecordSubject["protocol"], question: string): { readonly asked?: string } {
  const asked = protocolOf(protocol).prepare(question);
  return asked === question ? {} : { asked };
}

type SubjectFields = Pick<OkRecord, "schema" | "key" | "study" | "protocol" | "engine" | "problem" | "condition">;

function subjectFields({ key, protocol, engine, problem, index, condition }: RecordSubject): SubjectFields {
  return {
    schema: RECORD_SCHEMA,
    key,
    study: condition.study,
    protocol,
    ...(engine === undefined ? {} : { engine }),
    problem: {
      id: problem.id,
      index,
      difficulty: problem.difficulty,
      question: problem.question,
      ...askedOf(protocol, problem.question),
      expected: problem.expected,
      ...(problem.steps === undefined ? {} : { steps: [...problem.steps] }),
    },
    condition: {
      name: condition.name,
      interventions: [...condition.interventions.map(formatIntervention), ...(condition.hooked ?? [])],
      latent: condition.latent,
      ...(condition.latents === undefined ? {} : { latents: condition.latents }),
      factors: condition.factors,
    },
  };
}

function drawnOf({ drawn }: RunResult): Pick<OkRecord, "drawn"> {
  if (drawn.length === 0) return {};
  return {
    drawn: drawn.map(({ intervention, donors, order }) => ({
      intervention,
      ...(donors === undefined ? {} : { donors: [...donors] }),
      ...(order === undefined ? {} : { order: [...order] }),
    })),
  };
}

function readingFields(parsed: ParsedAnswer): Pick<OkRecord["answer"], "predicted" | "noNumberReason"> {
  return parsed.kind === "none"
    ? { predicted: null, noNumberReason: parsed.reason }
    : { predicted: parsed.value, noNumberReason: null };
}

function correctness({ protocol, problem }: RecordSubject, { answer }: RunResult): boolean {
  return protocolOf(protocol).isRight(answer.parsed, problem.expected);
}

type CommonMeasures = Omit<OkRecord["measures"], keyof StudyMeasures>;

function commonMeasures(
  subject: RecordSubject,
  {
    result,
    baseline,
    correct,
  }: { readonly result: RunResult; readonly baseline: RunResult; readonly correct: boolean },
): CommonMeasures {
  const { condition } = subject;
  const expectedLogProb = result.logProb;
  const own = { expectedLogProb, marginAtNumber: result.answer.margin };
  if (condition.study === BASELINE.study) return { ...own, deltaExpectedLogProb: null, klAtNumber: null, flip: null };
  const before = baseline.logProb;
  const wasCorrect = correctness(subject, baseline);
  return {
    ...own,
    deltaExpectedLogProb: expectedLogProb === null || before === null ? null : expectedLogProb - before,
    // A run with another number of latents is scored by itself: its KL would be from its own clean row.
    klAtNumber: condition.latents === undefined ? result.kl : null,
    flip: wasCorrect === correct ? "none" : wasCorrect ? "right-to-wrong" : "wrong-to-right",
  };
}
