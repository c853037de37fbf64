/** Which tests of a run were planned and which are looked at besides, and their correction over all of them. */

import type { PValue } from "../../statistics/estimate.js";
import { declareFamily, type JudgedFamily, judgeFamily } from "../../statistics/family.js";
import type { CorrelationSummary, LatentSummary, MeasureSummary } from "../summary-types.js";

/** Name of the test of a measure other than the weight from EOT. */
export function measureTest(layer: number, measure: string, within: "within position" | "within problem"): string {
  return `layer ${layer}: ${measure}, r ${within}`;
}

/** One family a question: does zeroing change answers, and does attention tell where it does. */
export function judgedFamilies(
  latents: readonly LatentSummary[],
  correlations: readonly CorrelationSummary[],
  measures: readonly MeasureSummary[],
): JudgedFamily[] {
  const importance = new Map(latents.map(({ latent, mcnemar }) => [`latent ${latent}: McNemar`, mcnemar]));
  const planned = testsOf(correlations, { "r within position": ({ permutation }) => permutation.withinPosition });
  const exploratory = testsOf(correlations, {
    "r within problem": ({ permutation }) => permutation.withinProblem,
    "two-way r": ({ permutation }) => permutation.twoWay,
    "odds ratio": ({ oddsRatioTests }) => oddsRatioTests.score,
  });
  const others = measures.flatMap(
    ({ measure, layer, permutation }) =>
      [
        [measureTest(layer, measure, "within position"), permutation.withinPosition],
        [measureTest(layer, measure, "within problem"), permutation.withinProblem],
      ] as const,
  );
  return [
    ...family("importance", "Does zeroing a latent change answers?", { planned: importance, exploratory: new Map() }),
    ...family("attention", "Does attention to a latent tell where zeroing it breaks answers?", {
      planned,
      exploratory: new Map([...exploratory, ...others]),
    }),
  ];
}

function testsOf(
  correlations: readonly CorrelationSummary[],
  tests: Readonly<Record<string, (layer: CorrelationSummary) => PValue>>,
): Map<string, PValue> {
  return new Map(
    Object.entries(tests).flatMap(([name, pick]) =>
      correlations.map((layer) => [`layer ${layer.layer}: ${name}`, pick(layer)] as const),
    ),
  );
}

function family(
  name: string,
  question: string,
  {
    planned,
    exploratory,
  }: { readonly planned: ReadonlyMap<string, PValue>; readonly exploratory: ReadonlyMap<string, PValue> },
): JudgedFamily[] {
  if (planned.size + exploratory.size === 0) return [];
  const declared = declareFamily({
    name,
    question,
    planned: [...planned.keys()],
    exploratory: [...exploratory.keys()],
  });
  return [judgeFamily(declared, new Map([...planned, ...exploratory]))];
}
