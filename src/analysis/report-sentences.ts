/** The result in sentences, every number from the run. */

import { byLayer } from "./figures/common.js";
import { show, showP } from "./report-tables.js";
import type { Estimate } from "./statistics/estimate.js";
import { measureTest } from "./summary-families.js";
import type { LatentSummary, Summary } from "./summary-types.js";

/** @returns accuracy, importance, one sentence a layer, and what is left once position is taken out. */
export function sentences(summary: Summary): string[] {
  const { baseline } = summary;
  const accuracy = `The model answers ${baseline.correct} of ${baseline.n} problems right (${show(baseline.rate)}).`;
  if (summary.latents.length === 0) return [accuracy];
  const importance = importanceSentence(summary.latents);
  if (importance === null) return [accuracy, "Importance is not defined: no baseline answer was right."];
  const correlations = byLayer(summary);
  return [
    accuracy,
    importance,
    ...correlations.map(
      ({ layer, pooled, withinPosition, withinProblem }) =>
        `Layer ${layer}, attention against importance: ${said("over all rows r", pooled)}; ${said("within a position r", withinPosition)}; ${said("within a problem r", withinProblem)}.`,
    ),
    withinSentence(correlations),
    ...measureSentence(summary),
  ];
}

function importanceSentence(latents: readonly LatentSummary[]): string | null {
  const rated = latents.filter(({ broken }) => broken.rate.kind === "value");
  const [first] = rated;
  if (first === undefined) return null;
  const shares = rated.map(({ broken }) => broken.count / broken.n);
  const [most, least] = [Math.max(...shares), Math.min(...shares)];
  const counted = ({ broken }: LatentSummary): string => `${broken.count} of ${broken.n} right answers`;
  if (most === least)
    return `Zeroing any one of the ${rated.length} latents breaks the same share: ${counted(first)} (${show(first.broken.rate)}).`;
  const named = (share: number): { names: string; one: LatentSummary; each: string } => {
    const same = rated.filter((_, i) => shares[i] === share);
    const names = `latent${same.length === 1 ? "" : "s"} ${same.map(({ latent }) => latent).join(", ")}`;
    return { names, one: same[0] ?? first, each: same.length === 1 ? "" : " each" };
  };
  const [top, low] = [named(most), named(least)];
  return `Zeroing ${top.names} breaks ${counted(top.one)}${top.each} (${show(top.one.broken.rate)}), the most; zeroing ${low.names} breaks ${counted(low.one)}${low.each} (${show(low.one.broken.rate)}), the fewest.`;
}

function withinSentence(correlations: Summary["correlations"]): string {
  if (correlations.length === 0) return "No layer's attention was read.";
  if (correlations.every(({ withinPosition }) => withinPosition.kind === "undefined"))
    return "Once position is taken out, the correlation is not defined at any layer read here.";
  const clear = correlations.filter(
    ({ withinPosition: r }) => r.kind === "value" && r.low !== null && r.high !== null && (r.low > 0 || r.high < 0),
  );
  if (clear.length === 0)
    return "Once position is taken out, no layer read here shows a correlation whose interval excludes 0.";
  const layers = clear.map(
    ({ layer, withinPositionHolm }) => `${layer} (Holm-adjusted p ${sign(showP(withinPositionHolm))})`,
  );
  return `Once position is taken out, the interval, not adjusted for several layers, excludes 0 at layer${clear.length === 1 ? "" : "s"} ${layers.join(", ")}.`;
}

/** Whether another measure tells what the weight from EOT may not, by p corrected over everything that the family looked at. */
function measureSentence({ measures, families }: Summary): string[] {
  if (measures.length === 0) return [];
  const family = families.find(({ name }) => name === "attention");
  const found = measures.flatMap(({ measure, layer, withinPosition }) => {
    const p = family?.hypotheses.find(({ id }) => id === measureTest(layer, measure, "within position"))?.holm;
    return p?.kind === "value" && p.p < 0.05
      ? [`${measure} at layer ${layer} (${show(withinPosition)}, p ${sign(showP(p))})`]
      : [];
  });
  const looked = `Other measures of attention (weight × value, rollout, weights from the number; exploratory), r within a position at ${measures.length} pairs of measure and layer: `;
  const corrected = `after Holm's correction over all ${family?.tests.all ?? 0} tests of the family`;
  return [
    found.length === 0
      ? `${looked}none differs from 0 ${corrected}.`
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
