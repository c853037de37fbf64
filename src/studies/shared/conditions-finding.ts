/** Rows of one study → what is said of it. */

import { holm } from "../../statistics/holm.js";
import { shapley } from "../../statistics/shapley.js";
import { firstTokenSentence, klAtFirst } from "../corruption/first-token.js";
import type { LatentShares, LegacyStudy, StudyCondition } from "../finding.js";
import { STORIES } from "../findings.js";
import { type LayerLensSummary, layerLensSummary } from "../lens/layers.js";
import { layerLensSentence } from "../lens/layers-sentence.js";
import { lensMap, lensSentence } from "../lens/summary.js";
import type { TunedLens } from "../lens/tuned/tuned-file.js";
import { type PatchRow, patchingSentence, patchingSummary } from "../patching/summary.js";
import type { StudyStory } from "../story.js";
import { conditionOutcomes } from "./condition-outcomes.js";
import { sentenceOf } from "./condition-sentence.js";
import { knockoutEffects } from "./knockout-effects.js";
import { attentionPredictions } from "./knockout-predictions.js";
import { knockoutSentence } from "./knockout-sentence.js";
import type { LayerLensRow, LensRow, StudyRow } from "./rows.js";

/**
 * @param stories of the run's manifest; those of the package stand in for what is not among them.
 * @returns the studies in the order in which they ran; the same rows and seed give the same numbers.
 */
export function summarizeStudies(
  rows: readonly StudyRow[],
  seed: number,
  lensRows: readonly LensRow[] = [],
  stories: readonly StudyStory[] = [],
  patchRows: readonly PatchRow[] = [],
  layerLensRows: readonly LayerLensRow[] = [],
  tuned: TunedLens | null = null,
): LegacyStudy[] {
  const storyOf = (name: string): StudyStory =>
    stories.find((story) => story.name === name) ??
    STORIES.get(name) ?? { name, question: `What do the conditions of ${name} change?` };
  const names = [...new Set(rows.map(({ study }) => study))];
  const studies = names.map((name): LegacyStudy => {
    const story = storyOf(name);
    const mine = rows.filter(({ study }) => study === name);
    const conditions = conditionsOf(mine, seed, name !== "controls");
    const shares = name === "subsets" ? sharesOf(mine, seed) : null;
    const predictions = attentionPredictions(mine, seed);
    const sentence = [
      sentenceOf(story, conditions, shares),
      knockoutSentence(conditions, predictions),
      firstTokenSentence(conditions, mine),
    ].join("");
    const { question, figure = null, caveat = null } = story;
    const more = predictions.length === 0 ? {} : { predictions };
    return { name, question, conditions, figure, shares, lens: null, ...more, sentence, caveat };
  });
  return [
    ...lensStudy(storyOf("lens"), lensRows, layerLensSummary(layerLensRows, seed, tuned)),
    ...studies,
    ...patchingStudy(storyOf("patching"), patchRows, seed),
  ];
}

/** A study that is summed up from readings instead of from conditions. */
function readingStudy(
  { name, question, caveat }: StudyStory,
  sentence: string,
  own: Partial<Pick<LegacyStudy, "lens" | "layerLens" | "patching">>,
): LegacyStudy {
  return {
    name,
    question,
    conditions: [],
    figure: null,
    shares: null,
    lens: null,
    ...own,
    sentence,
    caveat: caveat ?? null,
  };
}

function patchingStudy(story: StudyStory, rows: readonly PatchRow[], seed: number): LegacyStudy[] {
  const patching = patchingSummary(rows, seed);
  return patching === null ? [] : [readingStudy(story, patchingSentence(patching), { patching })];
}

function lensStudy(story: StudyStory, rows: readonly LensRow[], layers: LayerLensSummary | null): LegacyStudy[] {
  const lens = lensMap(rows);
  if (lens === null) return [];
  const byLayer = layers === null ? {} : { layerLens: layers };
  const sentence = lensSentence(lens) + (layers === null ? "" : layerLensSentence(layers));
  return [readingStudy(story, sentence, { lens, ...byLayer })];
}

function conditionsOf(rows: readonly StudyRow[], seed: number, hasControls: boolean): StudyCondition[] {
  const byCondition = new Map<string, StudyRow[]>();
  for (const row of rows) byCondition.set(row.condition, [...(byCondition.get(row.condition) ?? []), row]);
  const knockouts = knockoutEffects(rows, seed);
  const plain = [...byCondition].map(([condition, mine]) => {
    const { mended: _, oddsRatio: __, cohenH: ___, ...outcomes } = conditionOutcomes(mine, seed);
    const factors = mine[0]?.factors ?? {};
    const [knockout, first] = [knockouts.get(condition), klAtFirst(mine, seed)];
    const isControl = hasControls && factors["control"] !== undefined;
    return {
      condition,
      factors,
      isControl,
      ...outcomes,
      ...(knockout === undefined ? {} : { knockout }),
      ...(first === undefined ? {} : { klAtFirst: first }),
    };
  });
  const tested = plain.filter(({ isControl }) => !isControl);
  const adjusted = holm(tested.map(({ mcnemar }) => mcnemar));
  const untested = { kind: "undefined", reason: "a control" } as const;
  return plain.map((each) => ({
    ...each,
    mcnemarHolm: each.isControl ? untested : (adjusted[tested.indexOf(each)] ?? each.mcnemar),
  }));
}

/** Worth of a set of latents: is the answer right when exactly these are left? Problems that lack a subset are left out. */
function sharesOf(given: readonly StudyRow[], seed: number): LatentShares | null {
  const rows = given.filter(({ factors }) => factors["set"] !== undefined);
  const setOf = (row: StudyRow): number[] => String(row.factors["set"]).split("+").map(Number);
  const players = 1 + Math.max(-1, ...rows.flatMap(setOf));
  const all = 2 ** players - 1;
  const tables = new Map<string, number[]>();
  for (const row of rows) {
    const table = tables.get(row.problemId) ?? new Array<number>(all + 1).fill(Number.NaN);
    table[all] = row.baselineCorrect ? 1 : 0;
    table[all & ~setOf(row).reduce((bits, k) => bits | (1 << k), 0)] = row.correct ? 1 : 0;
    tables.set(row.problemId, table);
  }
  const whole = [...tables.values()].filter((table) => table.every(Number.isFinite));
  if (whole.length === 0 || players < 1) return null;
  const { values, interactions, total } = shapley(whole, players, { seed });
  return {
    values,
    total,
    pairs: interactions
      .map(({ players: latents, shapley: interval }) => ({ latents, interval }))
      .sort((a, b) => sizeOf(b.interval) - sizeOf(a.interval)),
    problems: whole.length,
  };
}

function sizeOf(interval: LatentShares["total"]): number {
  return interval.kind === "value" ? Math.abs(interval.value) : -1;
}
