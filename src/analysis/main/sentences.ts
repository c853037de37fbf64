/** The result in sentences, every number from the run. */

import { counted, FEWEST_TO_SAY, show, showP, small, TOO_FEW } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import type { LatentSummary, Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";
import { measureTest } from "./families.js";
import { isNextToNothing } from "./next-to-nothing.js";

/** @returns accuracy, importance, one sentence a layer, and what is left once position is taken out. */
export function sentences(summary: Summary): string[] {
  const { baseline } = summary;
  const accuracy = `The model answers ${baseline.correct} of ${baseline.n} problems right (${show(baseline.rate)}).`;
  if (summary.latents.length === 0) return [accuracy];
  const importance = importanceSentence(summary.latents) ?? "Importance is not defined: no baseline answer was right.";
  const correlations = byLayer(summary);
  return [
    accuracy,
    importance,
    ...(baseline.correct < FEWEST_TO_SAY && correlations.length > 0
      ? [`Whether attention goes with importance: ${TOO_FEW} (n = ${counted(baseline.correct, "right answer")}).`]
      : [...correlations.map(layerSentence), withinSentence(summary, correlations), ...measureSentence(summary)]),
  ];
}

function layerSentence({
  layer,
  medianAttention: median,
  pooled,
  withinPosition,
  withinProblem,
}: Summary["correlations"][number]): string {
  const start = isNextToNothing(median)
    ? `At layer ${layer} attention from EOT to the latents is next to nothing (median ${small(median ?? 0)}), so no r there says much. Against importance`
    : `Layer ${layer}, attention against importance`;
  return `${start}: ${said("over all rows r", pooled)}; ${said("within a position r", withinPosition)}; ${said("within a problem r", withinProblem)}.`;
}

function importanceSentence(latents: readonly LatentSummary[]): string | null {
  const rated = latents.filter(({ broken }) => broken.rate.kind === "value");
  const [first] = rated;
  if (first === undefined) return null;
  const shares = rated.map(({ broken }) => broken.count / broken.n);
  const [most, least] = [Math.max(...shares), Math.min(...shares)];
  const countText = ({ broken }: LatentSummary): string => `${broken.count} of ${broken.n} right answers`;
  if (rated.length === 1)
    return `Zeroing latent ${first.latent} breaks ${countText(first)} (${show(first.broken.rate)}).`;
  if (most === least)
    return `Zeroing any one of the ${rated.length} latents breaks the same share: ${countText(first)} (${show(first.broken.rate)}).`;
  const named = (share: number): { names: string; one: LatentSummary; each: string } => {
    const same = rated.filter((_, i) => shares[i] === share);
    const numbers = same.map(({ latent }) => latent).join(", ");
    const names = same.length === 1 ? `latent ${numbers}` : `one of latents ${numbers}`;
    return { names, one: same[0] ?? first, each: same.length === 1 ? "" : " each" };
  };
  const [top, low] = [named(most), named(least)];
  return `Zeroing ${top.names} breaks ${countText(top.one)}${top.each} (${show(top.one.broken.rate)}), the most; zeroing ${low.names} breaks ${countText(low.one)}${low.each} (${show(low.one.broken.rate)}), the fewest.`;
}

/** A test in which position is taken out, as the tables show it. */
interface PositionTest {
  readonly name: string;
  readonly layer: number;
  readonly estimate: Estimate;
  /** Where there is no association. */
  readonly none: 0 | 1;
  readonly p: PValue;
  readonly over: string;
}

/** Every test of the attention's weight that takes position out, with the correction that its role has. */
function positionTests({ families }: Summary, correlations: Summary["correlations"]): PositionTest[] {
  const family = families.find(({ name }) => name === "attention");
  const judged = (layer: number, name: string) => family?.hypotheses.find(({ id }) => id === `layer ${layer}: ${name}`);
  const test = (
    layer: number,
    name: string,
    { estimate, none }: { readonly estimate: Estimate; readonly none: 0 | 1 },
  ): PositionTest => {
    const found = judged(layer, name);
    const planned = found?.holmPlanned ?? null;
    const p = planned ?? found?.holm ?? { kind: "undefined", reason: "not tested" };
    const over =
      planned === null
        ? `all ${family?.tests.all ?? 0} tests of the family`
        : `the ${family?.tests.planned ?? 0} planned`;
    return { name, layer, estimate, none, p, over };
  };
  return correlations.flatMap(({ layer, withinPosition, twoWay, oddsRatio }) => [
    test(layer, "r within position", { estimate: withinPosition, none: 0 }),
    test(layer, "two-way r", { estimate: twoWay, none: 0 }),
    test(layer, "odds ratio", { estimate: oddsRatio, none: 1 }),
  ]);
}

function withinSentence(summary: Summary, correlations: Summary["correlations"]): string {
  if (correlations.length === 0) return "No layer's attention was read.";
  const tests = positionTests(summary, correlations).filter(({ estimate }) => estimate.kind === "value");
  if (tests.length === 0) return "Once position is taken out, the correlation is not defined at any layer read here.";
  const isBelow = ({ p }: PositionTest): boolean => p.kind === "value" && p.p < 0.05;
  const found = tests.filter((each) => isBelow(each) && excludes(each));
  const only = tests.filter((each) => !isBelow(each) && excludes(each));
  const within = tests.filter((each) => isBelow(each) && !excludes(each));
  const corrected = (each: PositionTest): string =>
    `the ${each.name} at layer ${each.layer} is ${show(each.estimate)}, p ${sign(showP(each.p))} after Holm's correction over ${each.over}`;
  if (found.length + only.length + within.length === 0)
    return `Once position is taken out, none of the ${tests.length} tests that could be made here (r within position, two-way r, odds ratio) shows that attention goes with importance: every interval contains no effect, and no p is below 0.05 after Holm's correction.`;
  const on = (side: "above" | "below"): PositionTest[] =>
    found.filter(({ estimate, none }) => sideOf(estimate, none) === side);
  const links = (["above", "below"] as const).flatMap((side) =>
    on(side).length === 0
      ? []
      : [`${side === "above" ? "goes with" : "goes against"} importance: ${on(side).map(corrected).join("; ")}`],
  );
  return [
    found.length === 0
      ? `Once position is taken out, ${within.length === 0 ? "no p is below 0.05 after Holm's correction" : "no test shows that attention goes with importance or against it"}.`
      : `Once position is taken out, attention ${links.join("; it ")}.`,
    ...(within.length === 0
      ? []
      : [
          `A p below 0.05 whose interval contains no effect is no finding either: ${within.map(corrected).join("; ")}.`,
        ]),
    ...(only.length === 0
      ? []
      : [
          `An interval alone, which allows for no other test, excludes no effect: ${only.map(corrected).join("; ")}; that is no finding.`,
        ]),
  ].join(" ");
}

function excludes({ estimate, none }: PositionTest): boolean {
  return sideOf(estimate, none) !== "unshown";
}

/** Whether another measure tells what the weight from EOT may not, by p corrected over everything that the family looked at. */
function measureSentence({ measures, families }: Summary): string[] {
  if (measures.length === 0) return [];
  const family = families.find(({ name }) => name === "attention");
  const found = measures.flatMap(({ measure, layer, withinPosition }) => {
    const p = family?.hypotheses.find(({ id }) => id === measureTest(layer, measure, "within position"))?.holm;
    return p?.kind === "value" && p.p < 0.05 && sideOf(withinPosition) !== "unshown"
      ? [`${measure} at layer ${layer} (${show(withinPosition)}, p ${sign(showP(p))})`]
      : [];
  });
  const looked = `Other measures of attention (weight × value, rollout, weights from the number; exploratory), r within a position at ${measures.length} pairs of measure and layer: `;
  const corrected = `after Holm's correction over all ${family?.tests.all ?? 0} tests of the family`;
  return [
    found.length === 0
      ? `${looked}none is shown to differ from 0 ${corrected}.`
      : `${looked}${found.length} ${found.length === 1 ? "differs" : "differ"} from 0 ${corrected}: ${found.join("; ")}.`,
  ];
}

/** `= 0.012`, `< 0.001`, or the reason why there is none. */
function sign(p: string): string {
  return /^\d/.test(p) ? `= ${p}` : p;
}

function said(name: string, estimate: Estimate): string {
  return estimate.kind === "undefined" ? `${name} is ${show(estimate)}` : `${name} = ${show(estimate)}`;
}
