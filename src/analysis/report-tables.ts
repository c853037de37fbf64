/** The report's tables. */

import { signed } from "./figures/common.js";
import { escapeHtml } from "./html.js";
import type { Estimate, PValue, Summary } from "./summary-types.js";

/** `0.30 [0.22, 0.40]`, or `not defined (reason)`. */
export function show(estimate: Estimate): string {
  if (estimate.kind === "undefined") return `not defined (${estimate.reason})`;
  const { value, low, high } = estimate;
  return low === null || high === null ? signed(value) : `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

/** Small p-values as a bound; never 0. */
export function showP(value: PValue): string {
  if (value.kind === "undefined") return `not defined (${value.reason})`;
  return value.p < 0.001 ? "< 0.001" : value.p.toFixed(3);
}

/** Accuracy and importance by difficulty. */
export function levelTable({ levels }: Summary): string {
  const rows = levels.map(({ level, n, correct, rate, importance }) => [
    level,
    String(n),
    String(correct),
    show(rate),
    show(importance),
  ]);
  return table(["level", "problems", "right", "accuracy [95 %]", "mean importance"], rows);
}

/** What zeroing each latent did. */
export function latentTable({ latents }: Summary): string {
  const rows = latents.map((each) => [
    String(each.latent),
    `${each.broken.count} of ${each.broken.n}`,
    show(each.broken.rate),
    `${each.mended.count} of ${each.mended.n}`,
    showP(each.mcnemar),
    showP(each.mcnemarHolm),
    show(each.deltaLogProb),
    show(each.kl),
  ]);
  return table(
    [
      "latent",
      "broken",
      "rate [95 %]",
      "mended",
      "McNemar p",
      "p (Holm)",
      "Δ log-probability of the expected number",
      "KL at the number",
    ],
    rows,
  );
}

/** Attention against importance by layer. */
export function correlationTable({ correlations }: Summary): string {
  const rows = correlations.map((each) => [
    String(each.layer),
    show(each.pooled),
    show(each.withinPosition),
    showP(each.withinPositionHolm),
    show(each.withinProblem),
  ]);
  return table(
    ["layer", "pooled r (description)", "r within position [95 %]", "p (Holm)", "r within problem [95 %]"],
    rows,
  );
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((each) => `<${tag}>${escapeHtml(each)}</${tag}>`).join("")}</tr>`;
  return `<div class="scroll"><table>${cells(header, "th")}${rows.map((row) => cells(row, "td")).join("")}</table></div>`;
}
