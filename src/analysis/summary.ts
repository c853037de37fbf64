/** Rows → everything that is known of a run. */

import { protocolOf } from "../model/latent/protocols/index.js";
import { bootstrapMethod, DRAWS } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../statistics/estimate.js";
import { mean } from "../statistics/pearson.js";
import { PERMUTATIONS } from "../statistics/permutation.js";
import { wilson } from "../statistics/proportion-interval.js";
import type { Finding } from "../studies/finding.js";
import type { OutsideSides } from "../studies/outside/sides.js";
import { type AllLatentsControl, allLatentsControls } from "../studies/shared/all-latents.js";
import { leftOutSentence, notRun } from "../studies/shared/tested.js";
import { besideControl } from "./control/beside.js";
import { type FindingOptions, findingsOf, studySummary } from "./findings.js";
import type { Beside } from "./lanes/beside.js";
import type { Lanes } from "./lanes/lanes.js";
import { allLatentsSummaries } from "./main/all-latents.js";
import { correlationSummaries } from "./main/correlations.js";
import { judgedFamilies } from "./main/families.js";
import { mainFindings } from "./main/findings.js";
import { originalLayer, originalStatistics } from "./main/original.js";
import { latentSummaries, type MainStatistics, mainInputs, mainStatistics, scopeOf } from "./main/statistics.js";
import type { Analysis, AnalysisRow, RunData, Summary } from "./summary-types.js";

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
  const controls = allLatentsControls(data);
  const findings = studyFindings(data, { outside, controls });
  const alone = joined(data, { findings, controls, statistics: mainStatistics(data) });
  return data.control === undefined ? alone : besideControl(alone, analyse(data.control, outside));
}

/** How an analysis is shared out. */
export interface SharedAnalysis {
  readonly lanes: Lanes;
  /** Analysis sides of studies from outside the package. */
  readonly outside: OutsideSides;
  /** Called as soon as the studies beside the main one have found something. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Where its studies' findings are made elsewhere: those of the control's run. */
  readonly beside?: Beside | null;
}

/** The same on all threads. */
export async function analyseOn<Data extends RunData>(
  data: Data,
  { lanes, outside, onFindings, beside = null }: SharedAnalysis,
): Promise<Analysis & { readonly data: Data }> {
  const findingsWith = (controls: readonly AllLatentsControl[]): Finding[] =>
    studyFindings(data, { outside, controls });
  const alone = await analysedAlone(data, { lanes, onFindings, findingsWith });
  if (data.control === undefined) return alone;
  const theirs = await beside?.findings(alone.findings);
  const controlWith = (controls: readonly AllLatentsControl[]): readonly Finding[] =>
    theirs ?? studyFindings(data.control as RunData, { outside, controls });
  // Its own report draws its figures.
  return besideControl(
    alone,
    await analysedAlone(data.control, { lanes, onFindings: () => undefined, findingsWith: controlWith }),
  );
}

/** One run by itself. */
interface Alone extends Pick<SharedAnalysis, "lanes" | "onFindings"> {
  readonly findingsWith: (controls: readonly AllLatentsControl[]) => readonly Finding[];
}

async function analysedAlone<Data extends RunData>(
  data: Data,
  { lanes, onFindings, findingsWith }: Alone,
): Promise<Analysis & { readonly data: Data }> {
  const { layers, measures } = mainInputs(data);
  const byLayer = layers.map((each) => lanes.give("layer", each));
  const byMeasure = measures.map((each) => lanes.give("measure", each));
  const controls = allLatentsControls(data);
  const findings = findingsWith(controls);
  onFindings(findings);
  const latents = latentSummaries(data);
  await lanes.help();
  const correlations = correlationSummaries(await Promise.all(byLayer));
  const statistics = { latents, correlations, measures: await Promise.all(byMeasure) };
  return joined(data, { findings, controls, statistics });
}

/** What the studies beside the main one found. */
export function studyFindings(data: RunData, options: FindingOptions = {}): Finding[] {
  const { seed, protocol, testMode } = data;
  return findingsOf(data, { seed, protocol, testMode, baseline: baselineOf(data) }, options);
}

function baselineOf({ problems }: RunData): Summary["baseline"] {
  const correct = problems.filter(({ baselineCorrect }) => baselineCorrect).length;
  return { n: problems.length, correct, rate: wilson(correct, problems.length) };
}

interface Parts {
  readonly findings: readonly Finding[];
  readonly controls: readonly AllLatentsControl[];
  readonly statistics: MainStatistics;
}

function joined<Data extends RunData>(data: Data, parts: Parts): Analysis & { readonly data: Data } {
  const summary = summaryOf(data, parts);
  return { data, summary, main: mainFindings({ data, summary }), findings: parts.findings };
}

function summaryOf(data: RunData, { findings, controls, statistics }: Parts): Summary {
  const { rows, problems, protocol } = data;
  const { layers, latents } = scopeOf(data);
  const used = rows.filter(({ baselineCorrect }) => baselineCorrect);
  const baseline = baselineOf(data);
  const { correct } = baseline;
  const levels = [...new Set(problems.map(({ difficulty }) => difficulty))].sort();
  const { correlations, measures } = statistics;
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
    allLatents: allLatentsSummaries(controls, { problems, levels }),
    latents: statistics.latents,
    correlations,
    measures,
    heat: levels.flatMap((level) =>
      latents.map((latent) => {
        const cell = used.filter((row) => row.difficulty === level && row.latent === latent);
        return { level, latent, broken: cell.filter(({ importance }) => importance === 1).length, n: cell.length };
      }),
    ),
    excluded: { baselineWrong: problems.length - correct, failed: data.failed.length },
    bootstrap: { draws: DRAWS, seed: data.seed, unit: "problem", method: bootstrapMethod(correct) },
    permutations: PERMUTATIONS,
    family: `McNemar: ${definedOf(statistics.latents.map(({ mcnemar }) => mcnemar))} of ${latents.length} latents; within-position r: ${definedOf(correlations.map(({ permutation }) => permutation.withinPosition))} of ${layers.length} layers; each adjusted by Holm over those that could be tested`,
    families: judgedFamilies(statistics.latents, correlations, measures),
    original: originalStatistics(data),
    studies: findings.map(studySummary),
    notices: [...data.notices, ...protocolNotices(data, findings), ...leftOutNotices(findings), ...layerNotice(layers)],
  };
}

/** What the protocol cannot show, and studies that it leaves nothing of. */
function protocolNotices({ protocol, leftOut = [] }: RunData, findings: readonly Finding[]): string[] {
  const note = protocolOf(protocol).note;
  const found = new Set(findings.map(({ name }) => name));
  const lost = leftOut.filter(({ study }) => !found.has(study));
  const reasons = [...new Set(lost.map(({ reason }) => reason))];
  return [
    ...(note === null ? [] : [`protocol ${protocol}: ${note}`]),
    ...reasons.map((reason) => {
      const names = [...new Set(lost.filter((each) => each.reason === reason).map(({ study }) => study))];
      return notRun(names, reason);
    }),
  ];
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
    : [`layer 14 was not read: per_token and by_difficulty of the original statistics use layer ${layer}`];
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
