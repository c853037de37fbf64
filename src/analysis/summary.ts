/** Rows → everything that is said of a run. */

import { originalLayer, originalStatistics } from "./original.js";
import { clusteredBootstrap } from "./statistics/clustered-bootstrap.js";
import { holm } from "./statistics/holm.js";
import { mcnemarExact } from "./statistics/mcnemar.js";
import { type Correlation, mean, pearson, withinGroups } from "./statistics/pearson.js";
import { wilson } from "./statistics/proportion-interval.js";
import type {
  AnalysisRow,
  CorrelationSummary,
  Estimate,
  LatentSummary,
  PValue,
  RunData,
  Summary,
} from "./summary-types.js";

/** Draws of every bootstrap. */
export const DRAWS = 5000;

/** What is said wherever the original study's loop was used. */
export const SEED_NOTE =
  "Protocol seed reproduces the original study's loop with its flaws: the recorded layer inputs are written over that layer's output (one layer off), every other latent is pinned to them, and the attention slice begins one position late, so that its token 5 is EOT's attention to itself. Protocol codi is recommended.";

/** @returns the summary; the same data and seed give the same bytes. */
export function summarize(data: RunData): Summary {
  const { rows, problems, layers, latents, protocol } = data;
  const used = rows.filter(({ baselineCorrect }) => baselineCorrect);
  const correct = problems.filter(({ baselineCorrect }) => baselineCorrect).length;
  const levels = [...new Set(problems.map(({ difficulty }) => difficulty))].sort();
  const each = Array.from({ length: latents }, (_, latent) => latent);
  return {
    schema: 1,
    question: "How important is each latent, and does attention to a latent predict its importance?",
    source: data.source,
    model: data.model,
    protocol,
    protocolNote: protocol === "seed" ? SEED_NOTE : null,
    ablateLayer: data.ablateLayer,
    layers,
    testMode: data.testMode,
    baseline: { n: problems.length, correct, rate: wilson(correct, problems.length) },
    levels: levels.map((level) => levelSummary(level, data, used)),
    latents: latentSummaries(each, rows, layers, data.seed),
    correlations: correlationSummaries(each, used, layers, data.seed),
    heat: levels.flatMap((level) =>
      each.map((latent) => {
        const cell = used.filter((row) => row.difficulty === level && row.latent === latent);
        return { level, latent, broken: cell.filter(({ importance }) => importance === 1).length, n: cell.length };
      }),
    ),
    excluded: { baselineWrong: problems.length - correct, failed: data.failed.length },
    bootstrap: { draws: DRAWS, seed: data.seed, unit: "problem" },
    family: `McNemar: ${latents} latents; within-position r: ${layers.length} layers; each family adjusted by Holm`,
    original: originalStatistics(data),
    notices: [...data.notices, ...layerNotice(layers)],
  };
}

function layerNotice(layers: readonly number[]): string[] {
  const layer = originalLayer(layers);
  return layer === undefined || layer === 14
    ? []
    : [`layer 14 was not asked for: per_token and by_difficulty of the original statistics use layer ${layer}`];
}

function levelSummary(level: string, { problems }: RunData, used: readonly AnalysisRow[]): Summary["levels"][number] {
  const mine = problems.filter(({ difficulty }) => difficulty === level);
  const correct = mine.filter(({ baselineCorrect }) => baselineCorrect).length;
  const rows = used.filter(({ difficulty }) => difficulty === level);
  const importance: Estimate =
    rows.length === 0
      ? { kind: "undefined", reason: "no baseline was right" }
      : { kind: "value", value: mean(rows.map((row) => row.importance)), low: null, high: null, n: rows.length };
  return { level, n: mine.length, correct, rate: wilson(correct, mine.length), importance };
}

function latentSummaries(
  each: readonly number[],
  rows: readonly AnalysisRow[],
  layers: readonly number[],
  seed: number,
): LatentSummary[] {
  const plain = each.map((latent) => {
    const mine = rows.filter((row) => row.latent === latent);
    const right = mine.filter(({ baselineCorrect }) => baselineCorrect);
    const wrong = mine.filter(({ baselineCorrect }) => !baselineCorrect);
    const broken = right.filter(({ stillCorrect }) => !stillCorrect).length;
    const mended = wrong.filter(({ stillCorrect }) => stillCorrect).length;
    return {
      latent,
      broken: { count: broken, n: right.length, rate: wilson(broken, right.length) },
      mended: { count: mended, n: wrong.length, rate: wilson(mended, wrong.length) },
      mcnemar: mcnemarExact(broken, mended),
      deltaLogProb: meanEstimate(mine, (row) => row.deltaLogProb, seed),
      kl: meanEstimate(mine, (row) => row.kl, seed),
      attention: Object.fromEntries(
        layers.map((layer) => [
          `layer_${layer}`,
          meanEstimate(mine, (row) => row.attention.get(layer)?.eot ?? null, seed),
        ]),
      ),
    };
  });
  const adjusted = holm(plain.map(({ mcnemar }) => mcnemar));
  return plain.map((summary, i) => ({ ...summary, mcnemarHolm: adjusted[i] ?? summary.mcnemar }));
}

function meanEstimate(rows: readonly AnalysisRow[], pick: (row: AnalysisRow) => number | null, seed: number): Estimate {
  const values = rows.flatMap((row) => pick(row) ?? []);
  if (values.length === 0) return { kind: "undefined", reason: "not measured" };
  const value = mean(values);
  if (values.length < 3) return { kind: "value", value, low: null, high: null, n: values.length };
  const interval = clusteredBootstrap(
    values.map((each) => [each]),
    mean,
    { draws: DRAWS, seed },
  );
  return { kind: "value", value, low: interval?.low ?? null, high: interval?.high ?? null, n: values.length };
}

function correlationSummaries(
  each: readonly number[],
  used: readonly AnalysisRow[],
  layers: readonly number[],
  seed: number,
): CorrelationSummary[] {
  const plain = layers.map((layer) => {
    const rows = used.filter((row) => row.attention.has(layer));
    const clusters = clustersOf(rows);
    const estimate = (correlate: (some: readonly AnalysisRow[]) => Correlation): { estimate: Estimate; p: PValue } =>
      withBootstrap(correlate, rows, clusters, seed);
    const attention = (row: AnalysisRow): number => row.attention.get(layer)?.eot ?? 0;
    const position = estimate((some) =>
      withinGroups(
        some.map(attention),
        some.map((r) => r.importance),
        some.map((r) => r.latent),
      ),
    );
    return {
      layer,
      pooled: estimate((some) =>
        pearson(
          some.map(attention),
          some.map((r) => r.importance),
        ),
      ).estimate,
      withinPosition: position.estimate,
      withinPositionP: position.p,
      withinProblem: withinProblem(rows, clusters, attention, seed),
      byLatent: each.map((latent) => {
        const mine = rows.filter((row) => row.latent === latent);
        const correlate = (some: readonly AnalysisRow[]): Correlation =>
          pearson(
            some.map(attention),
            some.map((r) => r.importance),
          );
        return { latent, r: withBootstrap(correlate, mine, clustersOf(mine), seed).estimate };
      }),
    };
  });
  const adjusted = holm(plain.map(({ withinPositionP }) => withinPositionP));
  return plain.map(({ withinPositionP, ...summary }, i) => ({
    ...summary,
    withinPositionHolm: adjusted[i] ?? withinPositionP,
  }));
}

// The unit that is resampled is the problem: the twelve rows of two problems say little more than two rows.
const FEWEST_PROBLEMS = 3;

function tooFew(problems: number): { kind: "undefined"; reason: string } {
  return { kind: "undefined", reason: `${problems} problems, at least ${FEWEST_PROBLEMS} are needed` };
}

interface Centred {
  readonly x: number;
  readonly y: number;
}

// A drawn problem keeps its own mean, so each is centred once; a problem drawn twice must not become one group of twice the size.
function withinProblem(
  rows: readonly AnalysisRow[],
  clusters: readonly (readonly AnalysisRow[])[],
  attention: (row: AnalysisRow) => number,
  seed: number,
): Estimate {
  const point = withinGroups(
    rows.map(attention),
    rows.map((r) => r.importance),
    rows.map((r) => r.problemId),
  );
  if (point.kind === "undefined") return point;
  if (clusters.length < FEWEST_PROBLEMS) return tooFew(clusters.length);
  const centred = clusters.map((cluster): Centred[] => {
    const meanX = mean(cluster.map(attention));
    const meanY = mean(cluster.map((r) => r.importance));
    return cluster.map((row) => ({ x: attention(row) - meanX, y: row.importance - meanY }));
  });
  const statistic = (some: readonly Centred[]): number | null =>
    numberOf(
      pearson(
        some.map(({ x }) => x),
        some.map(({ y }) => y),
      ),
    );
  const interval = clusteredBootstrap(centred, statistic, { draws: DRAWS, seed });
  return { kind: "value", value: point.r, low: interval?.low ?? null, high: interval?.high ?? null, n: point.n };
}

function withBootstrap(
  correlate: (rows: readonly AnalysisRow[]) => Correlation,
  rows: readonly AnalysisRow[],
  clusters: readonly (readonly AnalysisRow[])[],
  seed: number,
): { estimate: Estimate; p: PValue } {
  const point = correlate(rows);
  if (point.kind === "undefined") return { estimate: point, p: point };
  if (clusters.length < FEWEST_PROBLEMS) return { estimate: tooFew(clusters.length), p: tooFew(clusters.length) };
  const interval = clusteredBootstrap(clusters, (some) => numberOf(correlate(some)), { draws: DRAWS, seed });
  const estimate: Estimate = {
    kind: "value",
    value: point.r,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    n: point.n,
  };
  return {
    estimate,
    p:
      interval === null
        ? { kind: "undefined", reason: "most bootstrap draws have no r" }
        : { kind: "value", p: interval.p },
  };
}

function numberOf(correlation: Correlation): number | null {
  return correlation.kind === "value" ? correlation.r : null;
}

function clustersOf(rows: readonly AnalysisRow[]): AnalysisRow[][] {
  const byProblem = new Map<string, AnalysisRow[]>();
  for (const row of rows) {
    const cluster = byProblem.get(row.problemId);
    if (cluster === undefined) byProblem.set(row.problemId, [row]);
    else cluster.push(row);
  }
  return [...byProblem.values()];
}
