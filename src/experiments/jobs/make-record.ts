/** One run result as a record, with all measures against its baseline. */

import { formatIntervention } from "../../model/hooks/interventions.js";
import { isSameAnswer, type ParsedAnswer } from "../../model/latent/answer/kind.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { ProtocolName } from "../../model/latent/protocols/names.js";
import type { Reading } from "../../model/latent/readings/attention-rows.js";
import type { LatentAttention } from "../../model/latent/readings/capture.js";
import { numberOrNull } from "../../model/latent/run/run-score.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { type ExperimentRecord, type OkRecord, type PatchedRecord, RECORD_SCHEMA } from "../../records/record.js";
import { flowOf, rolloutOf } from "../../studies/attention/read.js";
import { packAttention } from "../../studies/baseline/packed-attention.js";
import { type AttentionRow, layerKey, type PackedReading } from "../../studies/baseline/record.js";
import { isMain } from "../../studies/findings.js";
import type { LayerLens } from "../../studies/lens/record.js";
import type { ResidualOutcome } from "../../studies/residual/read.js";
import { cutAttentionOf } from "../../studies/shared/knockout-attention.js";
import { latentChangeOf } from "../../studies/shared/knockout-change.js";
import type { StudyCondition } from "../../studies/study.js";
import type { Problem } from "../problems/problem.js";

/** What a record is of. */
export interface RecordSubject {
  readonly key: string;
  readonly protocol: ProtocolName;
  readonly problem: Problem;
  readonly index: number;
  readonly condition: StudyCondition;
}

/** What a record is made of. */
export interface RecordParts extends RecordSubject {
  readonly result: RunResult;
  readonly baseline: RunResult;
  readonly heads: number;
  /** Texts of the prompt's positions; they stand in the baseline's record. */
  readonly questionTokens?: readonly string[];
  /** They stand there too. */
  readonly residual?: ResidualOutcome | null;
  /** Of the study `lens`; it stands in the baseline's record. */
  readonly layerLens?: LayerLens;
}

/** @returns a record; a run whose numbers were not finite becomes a failed one, never a wrong answer. */
export function makeRecord(parts: RecordParts): ExperimentRecord {
  const { condition, result, baseline } = parts;
  const failure = result.failure ?? baseline.failure;
  if (failure !== null) return failedRecord(parts, failure);
  const changed = condition.isIdentity === true ? identityFailure(result, baseline) : null;
  if (changed !== null) return failedRecord(parts, changed);
  const correct = correctness(parts, result);
  const isBaseline = condition.study === "baseline";
  const residual = isBaseline ? (parts.residual ?? null) : null;
  if (residual !== null && "error" in residual) return failedRecord(parts, residual.error);
  return {
    ...subjectFields(parts),
    status: "ok",
    answer: {
      text: result.answer.text,
      tokens: result.answer.tokens.map((token) => ({ ...token })),
      finish: result.answer.finish,
      ...readingFields(result.answer.parsed),
      correct,
      careful: {
        ...readingFields(result.answer.careful),
        correct: isSameAnswer(result.answer.careful, parts.problem.expected),
      },
    },
    measures: measures(parts, correct),
    ...drawnOf(result),
    // Of the other studies it would fill the disk, and nobody reads it.
    attention: Object.fromEntries(
      isMain(condition)
        ? [...result.attention].map(([layer, read]) => [
            layerKey(layer),
            {
              ...attentionOf(result, read, parts.heads),
              ...readingOf(result.reading.get(layer)),
              ...flowOf(result, layer),
            },
          ])
        : [],
    ),
    ...latentChangeOf(condition, result, baseline),
    ...cutAttentionOf(condition, baseline),
    lens: isBaseline ? result.lens.map(({ top }) => top[0]?.text ?? "") : null,
    ...(isBaseline && parts.questionTokens !== undefined ? { questionTokens: [...parts.questionTokens] } : {}),
    ...(isBaseline ? rolloutOf(result) : {}),
    ...(residual === null ? {} : { residual: residual.reading }),
    ...(isBaseline && parts.layerLens !== undefined ? { layerLens: parts.layerLens } : {}),
  };
}

// Float32 noise between two ways through the same numbers stays far below; a wrong patch does not.
const MOST_IDENTITY_CHANGE = 1e-3;

/** A control that changed something: its study's numbers cannot be trusted. */
function identityFailure(result: RunResult, baseline: RunResult): { name: string; message: string } | null {
  const [before, after] = [baseline.answer.ids.join(), result.answer.ids.join()];
  const change = Math.abs(
    (numberOrNull(result.score.expectedLogProb) ?? 0) - (numberOrNull(baseline.score.expectedLogProb) ?? 0),
  );
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

/** @returns the record of a map of patches. */
export function patchedRecord(
  subject: RecordSubject,
  { pair, map }: Pick<PatchedRecord, "pair" | "map">,
): ExperimentRecord {
  return { ...subjectFields(subject), status: "patched", pair, map };
}

/** The question as the model got it, where that is another text. */
function askedOf(protocol: RecordSubject["protocol"], question: string): { readonly asked?: string } {
  const asked = protocolOf(protocol).prepare(question);
  return asked === question ? {} : { asked };
}

type SubjectFields = Pick<OkRecord, "schema" | "key" | "study" | "protocol" | "problem" | "condition">;

function subjectFields({ key, protocol, problem, index, condition }: RecordSubject): SubjectFields {
  return {
    schema: RECORD_SCHEMA,
    key,
    study: condition.study,
    protocol,
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
      interventions: condition.interventions.map(formatIntervention),
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

function measures(parts: RecordParts, correct: boolean): OkRecord["measures"] {
  const { condition, result, baseline, heads } = parts;
  const expectedLogProb = numberOrNull(result.score.expectedLogProb);
  const { numberToken, tokens } = result.answer;
  const own = { expectedLogProb, marginAtNumber: numberToken === null ? null : (tokens[numberToken]?.margin ?? null) };
  if (condition.study === "baseline")
    return { ...own, deltaExpectedLogProb: null, klAtNumber: null, attentionL2: null, flip: null };
  const before = numberOrNull(baseline.score.expectedLogProb);
  const wasCorrect = correctness(parts, baseline);
  return {
    ...own,
    deltaExpectedLogProb: expectedLogProb === null || before === null ? null : expectedLogProb - before,
    // A run with another number of latents is scored by itself: its KL would be from its own clean row.
    klAtNumber: condition.latents === undefined ? numberOrNull(result.score.klAtNumber) : null,
    ...(condition.study === "corruption" ? { klAtFirst: numberOrNull(result.score.klAtFirst) } : {}),
    attentionL2: isMain(condition)
      ? Object.fromEntries(
          [...result.attention].map(([layer, read]) => [
            layerKey(layer),
            attentionDistance(read, baseline.attention.get(layer), heads),
          ]),
        )
      : null,
    flip: wasCorrect === correct ? "none" : wasCorrect ? "right-to-wrong" : "wrong-to-right",
  };
}

function readingOf(reading: Reading | undefined): { reading?: PackedReading } {
  if (reading === undefined) return {};
  const { readers, heads, keys, values } = reading;
  return { reading: { readers: [...readers], heads, keys: keys.length, packed: packAttention(values) } };
}

function attentionDistance(read: LatentAttention, other: LatentAttention | undefined, heads: number): number {
  const mine = eotRow(read, heads).headMean;
  const theirs = other === undefined ? [] : eotRow(other, heads).headMean;
  return Math.sqrt(mine.reduce((sum, value, k) => sum + (value - (theirs[k] ?? 0)) ** 2, 0));
}

function attentionOf(result: RunResult, read: LatentAttention, heads: number): OkRecord["attention"][string] {
  const { numberToken } = result.answer;
  return {
    eot: eotRow(read, heads),
    number: numberToken === null ? null : rowOf(read.get(`answer.${numberToken}`), heads),
  };
}

function eotRow(read: LatentAttention, heads: number): AttentionRow {
  const row = rowOf(read.get("eot"), heads);
  if (row === null) throw new RangeError("A finished run has no attention from EOT");
  return row;
}

function rowOf(values: Float32Array | undefined, heads: number): AttentionRow | null {
  if (values === undefined) return null;
  const latents = values.length / heads;
  const byHead = Array.from({ length: heads }, (_, head) =>
    Array.from(values.subarray(head * latents, (head + 1) * latents)),
  );
  const headMean = Array.from(
    { length: latents },
    (_, k) => byHead.reduce((sum, row) => sum + (row[k] ?? 0), 0) / heads,
  );
  return { headMean, heads: byHead };
}
