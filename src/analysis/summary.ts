/** Rows → everything that is known of a run. */

import { protocolOf } from "../model/latent/protocols/index.js";
import { bootstrapMethod, DRAWS } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../statistics/estimate.js";
import { holm } from "../statistics/holm.js";
import { meanEstimate } from "../statistics/mean-estimate.js";
import { mean } from "../statistics/pearson.js";
import { PERMUTATIONS } from "../statistics/permutation.js";
import { wilson } from "../statistics/proportion-interval.js";
import type { Finding } from "../studies/finding.js";
import type { OutsideSides } from "../studies/outside/sides.js";
import { conditionOutcomes } from "../studies/shared/condition-outcomes.js";
import { leftOutSentence } from "../studies/shared/tested.js";
import { findingsOf, studySummary } from "./findings.js";
import { type CorrelationInput, correlationSummaries } from "./main/correlations.js";
import { judgedFamilies } from "./main/families.js";
import { mainFindings } from "./main/findings.js";
import { measureSummaries } from "./main/measures.js";
import { originalLayer, originalStatistics } from "./main/original.js";
import type { Analysis, AnalysisRow, LatentSummary, RunData, Summary } from "./summary-types.js";

/**
 * @returns the summary alone; the same data and seed give the same bytes.
 * @example
 * ```ts
 * summarize(loadRun(dir)).latents.length; // → 6
 * ```
 */
export function summarize(data: RunData): Summary {
  return analyse(data).summary;
}

/**
 * Everything that is known of a run.
 *
 * @param outside analysis sides of studies from outside the package.
 * @example
 * ```ts
 * const { summary, findings } = analyse(loadRun(dir));
 * summary.latents.length; // → 6
 * ```
 */
export function analyse<Data extends RunData>(data: Data, outside?: OutsideSides): Analysis & { readonly data: Data } {
  const { problems, protocol, testMode, seed } = data;
  const correct = problems.filter(({ baselineCorrect }) => baselineCorrect).length;
  const baseline = { n: problems.length, correct, rate: wilson(correct, problems.length) };
  const findings = findingsOf(data, { seed, protocol, testMode, baseline }, outside);
  const summary = summaryOf(data, baseline, findings);
  return { data, summary, main: mainFindings({ data, summary }), findings };
}

function summaryOf(data: RunData, baseline: Summary["baseline"], findings: readonly Finding[]): Summary {
  const { rows, problems, protocol } = data;
  // Without the token ablation there is nothing to say of it, or of attention beside it.
  const [layers, latents] = rows.length === 0 ? [[], 0] : [data.layers, data.latents];
  const used = rows.filter(({ baselineCorrect }) => baselineCorrect);
  const { correct } = baseline;
  const levels = [...new Set(problems.map(({ difficulty }) => difficulty))].sort();
  const each = Array.from({ length: latents }, (_, latent) => latent);
  const latentResults = latentSummaries(rows, { latents: each, layers, seed: data.seed });
  const correlations = correlationSummaries(used, { latents: each, layers, seed: data.seed });
  const measures = measureSummaries(used, data.seed);
  return {
    schema: 2,
    question: "How important is each latent, and does attention to a latent predict its importance?",
    source: data.source,
    model: data.model,
    protocol,
    protocolNote: protocolOf(protocol).warning?.text ?? null,
    ablateLayer: data.ablateLayer,
    layers,
    testMode: data.testMode,
    baseline,
    levels: levels.map((level) => levelSummary(level, data, used)),
    latents: latentResults,
    correlations,
    measures,
    heat: levels.flatMap((level) =>
      each.map((latent) => {
        const cell = used.filter((row) => row.difficulty === level && row.latent === latent);
        return { level, latent, broken: cell.filter(({ importance }) => importance === 1).length, n: cell.length };
      }),
    ),
    excluded: { baselineWrong: problems.length - correct, failed: data.failed.length },
    bootstrap: { draws: DRAWS, seed: data.seed, unit: "problem", method: bootstrapMethod(correct) },
    permutations: PERMUTATIONS,
    family: `McNemar: ${definedOf(latentResults.map(({ mcnemar }) => mcnemar))} of ${latents} latents; within-position r: ${definedOf(correlations.map(({ permutation }) => permutation.withinPosition))} of ${layers.length} layers; each adjusted by Holm over those that could be tested`,
    families: judgedFamilies(latentResults, correlations, measures),
    original: originalStatistics(data),
    studies: findings.map(studySummary),
    notices: [...data.notices, ...leftOutNotices(findings), ...layerNotice(layers)],
  };
}

function leftOutNotices(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ name, leftOut }) =>
    leftOut === undefined ? [] : [`${name}: ${leftOutSentence(leftOut)}`],
  );
}

function definedOf(tests: readonly PValue[]): number {
  return tests.filter(({ kind }) => kind === "value").length;
}

function layerNotice(layers: readonly number[]): string[] {
  const layer = originalLayer(layers);
  return layer === undefined || layer === 14
    ? []
    : [`layer 14 was not asked for: per_token and by_difficulty of the original statistics use layer ${layer}`];
}

function levelSummary(
  level: string,
  { problems, rows: { length: hasAblations } }: RunData,
  used: readonly AnalysisRow[],
): Summary["levels"][number] {
  const mine = problems.filter(({ difficulty }) => difficulty === level);
  const correct = mine.filter(({ baselineCorrect }) => baselineCorrect).length;
  const rows = used.filter(({ difficulty }) => difficulty === level);
  const reason = problems.length > 0 && !hasAblations ? "token-ablation was not run" : "no baseline was right";
  const importance: Estimate =
    rows.length === 0
      ? { kind: "undefined", reason }
      : { kind: "value", value: mean(rows.map((row) => row.importance)), low: null, high: null, n: rows.length };
  return { level, n: mine.length, correct, rate: wilson(correct, mine.length), importance };
}

function latentSummaries(rows: readonly AnalysisRow[], { latents, layers, seed }: CorrelationInput): LatentSummary[] {
  const plain = latents.map((latent) => {
    const mine = rows.filter((row) => row.latent === latent);
    const { right: _, ...outcomes } = conditionOutcomes(
      mine.map((row) => ({ ...row, correct: row.stillCorrect })),
      seed,
    );
    return {
      latent,
      ...outcomes,
      attention: Object.fromEntries(
        layers.map((layer) => [
          `layer_${layer}`,
          meanEstimate(
            mine.flatMap((row) => row.attention.get(layer)?.eot ?? []),
            seed,
          ),
        ]),
      ),
    };
  });
  const adjusted = holm(plain.map(({ mcnemar }) => mcnemar));
  return plain.map((summary, i) => ({ ...summary, mcnemarHolm: adjusted[i] ?? summary.mcnemar }));
}
