/** The original study's files and statistics, in its exact formats. */

import { sampleStandardDeviation } from "simple-statistics";
import type { ExperimentRecord, OkRecord } from "../../records/record.js";
import { mean, pearson, pearsonP } from "../../statistics/pearson.js";
import { layerKey } from "../../studies/baseline/record.js";
import type { AnalysisRow, OriginalStatistics, RunData } from "../summary-types.js";

/** Layer of `per_token` and `by_difficulty`: 14 as in the original study, else the last one asked for. */
export function originalLayer(layers: readonly number[]): number | undefined {
  return layers.includes(14) ? 14 : layers.at(-1);
}

/**
 * Pearson over rows with p from t, rows taken as independent; baseline-right problems only. `null` where a number is not defined.
 * As in the original study, a problem without attention is left out; it never counts as attention 0.
 */
export function originalStatistics({
  rows,
  layers,
  latents,
}: Pick<RunData, "rows" | "layers" | "latents">): OriginalStatistics {
  const used = rows.filter((row) => row.baselineCorrect && layers.every((layer) => row.attention.has(layer)));
  const last = originalLayer(layers);
  const correlation = (
    some: readonly AnalysisRow[],
    layer: number | undefined,
  ): { r: number | null; p: number | null } => {
    const measured = some.flatMap((row) => attentionAt(row, layer).map((x) => ({ x, y: row.importance })));
    const result = pearson(
      measured.map(({ x }) => x),
      measured.map(({ y }) => y),
    );
    return result.kind === "value" ? { r: result.r, p: pearsonP(result.r, result.n) } : { r: null, p: null };
  };
  const levels = [...new Set(used.map(({ difficulty }) => difficulty))].sort();
  return {
    overall_correlation: Object.fromEntries(layers.map((layer) => [layerKey(layer), correlation(used, layer)])),
    per_token: Object.fromEntries(
      Array.from({ length: latents }, (_, latent) => {
        const mine = used.filter((row) => row.latent === latent);
        const importance = mine.map((row) => row.importance);
        const attention = mine.flatMap((row) => attentionAt(row, last));
        const { r, p } = correlation(mine, last);
        const stats = {
          importance_mean: meanOrNull(importance),
          importance_std: deviation(importance),
          attention_mean: meanOrNull(attention),
          attention_std: deviation(attention),
        };
        return [`token_${latent}`, { ...stats, correlation: r, p_value: p }];
      }),
    ),
    by_difficulty: Object.fromEntries(
      levels.map((level) => {
        const mine = used.filter((row) => row.difficulty === level);
        const { r, p } = correlation(mine, last);
        return [
          level,
          {
            num_problems: new Set(mine.map((row) => row.problemId)).size,
            mean_importance: meanOrNull(mine.map((row) => row.importance)),
            correlation: r,
            p_value: p,
          },
        ];
      }),
    ),
  };
}

/** One value, or none where it was not measured. */
function attentionAt(row: AnalysisRow, layer: number | undefined): number[] {
  const measured = layer === undefined ? undefined : row.attention.get(layer);
  return measured === undefined ? [] : [measured.eot];
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}

function deviation(values: readonly number[]): number | null {
  return values.length < 2 ? null : sampleStandardDeviation([...values]);
}

/** File name → content of the study's data files, made from records. */
export function originalFiles(records: readonly ExperimentRecord[], testMode: boolean): Map<string, unknown> {
  const byProblem = new Map<string, ExperimentRecord[]>();
  for (const record of records) byProblem.set(record.problem.id, [...(byProblem.get(record.problem.id) ?? []), record]);
  const problems = [...byProblem.values()].sort((a, b) => (a[0]?.problem.index ?? 0) - (b[0]?.problem.index ?? 0));
  // In test mode the original study puts "test" in the number's place.
  const suffix = testMode ? "test" : String(problems.length);
  const latents = 1 + records.reduce((most, { condition }) => Math.max(most, condition.latent ?? -1), -1);
  return new Map<string, unknown>([
    [
      testMode ? `test_dataset_${problems.length}.json` : `full_dataset_${problems.length}.json`,
      problems.map(datasetEntry),
    ],
    [`token_ablation_results_${suffix}.json`, problems.map((each) => ablationEntry(each, latents))],
    [`attention_weights_${suffix}.json`, problems.flatMap(attentionEntry)],
  ]);
}

function datasetEntry([first]: readonly ExperimentRecord[]): unknown {
  return {
    gsm8k_id: first?.problem.id,
    question: first?.problem.question,
    answer: first?.problem.expected,
    difficulty: first?.problem.difficulty,
  };
}

function ablationEntry(records: readonly ExperimentRecord[], latents: number): unknown {
  const problem = records[0]?.problem;
  const head = { problem_id: problem?.id, difficulty: problem?.difficulty, expected_answer: problem?.expected };
  const failed = records.find(({ status }) => status === "failed");
  if (failed?.status === "failed") return { ...head, error: failed.error.message };
  const ok = records as readonly OkRecord[];
  const baseline = ok.find(({ study }) => study === "baseline");
  const ablations = ok
    .filter(({ condition }) => condition.latent !== null)
    .sort((a, b) => (a.condition.latent ?? 0) - (b.condition.latent ?? 0));
  // The list's places are the latents: of a problem that was not finished, it would name others.
  if (baseline === undefined || ablations.length !== latents)
    return { ...head, error: `not finished: ${ablations.length} of ${latents} ablations are there` };
  const importance = ablations.map(({ answer }) => (baseline.answer.correct && !answer.correct ? 1 : 0));
  return {
    ...head,
    baseline: {
      output: baseline.answer.text,
      predicted_answer: baseline.answer.predicted,
      correct: baseline.answer.correct,
    },
    token_ablations: ablations.map(({ condition, answer }, i) => ({
      token_pos: condition.latent,
      ablated_output: answer.text,
      predicted_answer: answer.predicted,
      still_correct: answer.correct,
      importance: importance[i],
    })),
    importance_scores: importance,
    num_critical_tokens: importance.filter((each) => each === 1).length,
  };
}

function attentionEntry(records: readonly ExperimentRecord[]): unknown[] {
  const baseline = records.find((record): record is OkRecord => record.status === "ok" && record.study === "baseline");
  if (baseline === undefined) return [];
  const byLayer = Object.entries(baseline.attention).map(([key, { eot }]) => {
    const total = eot.headMean.reduce((sum, value) => sum + value, 0);
    return [
      key,
      {
        continuous_token_attention: eot.headMean,
        total_attention_to_continuous: total,
        mean_attention_to_continuous: total / eot.headMean.length,
      },
    ];
  });
  const { id, difficulty, expected } = baseline.problem;
  return [{ problem_id: id, difficulty, expected_answer: expected, attention_by_layer: Object.fromEntries(byLayer) }];
}
