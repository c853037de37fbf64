/** Records → the rows that the analysis counts with. */

import { BadInputError } from "../../base/errors.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { OkRecord } from "../../records/record.js";
import type { StudyRow } from "../../studies/shared/rows.js";
import { isMain } from "../../studies/stories.js";
import type { AnalysisRow, ProblemView } from "../summary-types.js";

/** By condition as they were planned, also those that the first problems have nothing for. */
export function inOrder(records: readonly OkRecord[]): OkRecord[] {
  const places = new Map<string, number>();
  for (const { condition } of records) if (!places.has(condition.name)) places.set(condition.name, places.size);
  const placeOf = ({ condition }: OkRecord): number => places.get(condition.name) ?? 0;
  return [...records].sort((a, b) => placeOf(a) - placeOf(b));
}

/** @returns a study's row; none without its baseline, or where it had nothing to act on in this question. */
export function studyRowOf(record: OkRecord, baseline: OkRecord | undefined): StudyRow[] {
  const { interventions, latents } = record.condition;
  if (baseline === undefined || (interventions.length === 0 && latents === undefined)) return [];
  return [
    {
      study: record.study,
      condition: record.condition.name,
      factors: record.condition.factors ?? {},
      problemId: record.problem.id,
      baselineCorrect: baseline.answer.correct,
      correct: record.answer.correct,
      deltaLogProb: record.measures.deltaExpectedLogProb,
      kl: record.measures.klAtNumber,
    },
  ];
}

/** @returns the main study's row of a problem and the latent that was zeroed; none for other records. */
export function rowOf(record: OkRecord, baseline: OkRecord | undefined): AnalysisRow[] {
  const { latent } = record.condition;
  if (latent === null || baseline === undefined) return [];
  const baselineCorrect = baseline.answer.correct;
  const stillCorrect = record.answer.correct;
  const attention = new Map(
    Object.entries(baseline.attention).map(([key, { eot, number }]) => [
      layerOf(key),
      {
        eot: attentionTo(eot.headMean, latent, `${record.problem.id}, ${key}`),
        number: number?.headMean[latent] ?? null,
      },
    ]),
  );
  return [
    {
      problemId: record.problem.id,
      difficulty: record.problem.difficulty,
      latent,
      baselineCorrect,
      stillCorrect,
      importance: baselineCorrect && !stillCorrect ? 1 : 0,
      deltaLogProb: record.measures.deltaExpectedLogProb,
      kl: record.measures.klAtNumber,
      attention,
      ...flowTo(baseline, latent),
    },
  ];
}

function flowTo({ attention, rollout }: OkRecord, latent: number): Pick<AnalysisRow, "flow"> {
  if (rollout === undefined) return {};
  return {
    flow: new Map(
      Object.entries(rollout).map(([key, shares]) => {
        const { eot, number } = attention[key]?.flow ?? {};
        return [
          layerOf(key),
          { eot: eot?.[latent] ?? null, number: number?.[latent] ?? null, rollout: shares[latent] ?? null },
        ];
      }),
    ),
  };
}

/** @param all the problem's records, the baseline among them. */
export function viewOf(baseline: OkRecord, all: readonly OkRecord[]): ProblemView {
  const { problem, answer, lens } = baseline;
  const ablated = all
    .filter((record) => isMain(record) && record.condition.latent !== null)
    .map((record) => ({
      latent: record.condition.latent ?? 0,
      answer: record.answer.text,
      correct: record.answer.correct,
    }))
    .sort((a, b) => a.latent - b.latent);
  const changed = all
    .filter((record) => !isMain(record) && record.answer.text !== answer.text)
    .map(({ study, condition, answer: { text, correct } }) => ({
      study,
      condition: condition.name,
      answer: text,
      correct,
    }));
  return {
    id: problem.id,
    difficulty: problem.difficulty,
    question: problem.question,
    expected: shown(problem.expected),
    baseline: answer.text,
    baselineCorrect: answer.correct,
    expectedLogProb: baseline.measures.expectedLogProb,
    // Without BOT in the prompt there is nothing to read at it; the latents keep their places.
    lens: lens !== null && !protocolOf(baseline.protocol).hasBot ? ["–", ...lens] : lens,
    ablated,
    changed,
    tokens: baseline.questionTokens ?? null,
    attention: new Map(
      Object.entries(baseline.attention).map(([key, { eot, number, reading }]) => [
        layerOf(key),
        { eot: eot.heads, number: number?.heads ?? null, reading: reading ?? null },
      ]),
    ),
  };
}

/** As the data file has it: Python writes truth values with capitals. */
function shown(expected: OkRecord["problem"]["expected"]): number | string {
  if (typeof expected !== "boolean") return expected;
  return expected ? "True" : "False";
}

/** @throws BadInputError where the attention is of fewer latents than were ablated. */
export function attentionTo(values: readonly number[], latent: number, where: string): number {
  const value = values[latent];
  if (value === undefined)
    throw new BadInputError(
      `${where}: attention to ${values.length} latents, but latent ${latent} was ablated`,
      "the attention and the ablations must be of the same run",
    );
  return value;
}

/** 8 of `layer_8`. */
function layerOf(key: string): number {
  return Number(key.slice("layer_".length));
}
