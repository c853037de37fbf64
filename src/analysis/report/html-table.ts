/** The report's tables: as texts, for the page and for LaTeX, and as HTML. */

import { byLayer } from "../../exhibits/figure.js";
import { signed, small, span } from "../../exhibits/number-text.js";
import type { BootstrapInterval } from "../../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import type { JudgedFamily } from "../../statistics/family.js";
import { wilson } from "../../statistics/proportion-interval.js";
import { measureTest } from "../main/families.js";
import type { Summary } from "../summary-types.js";
import { escapeHtml } from "./html.js";

/** `0.30 [0.22, 0.40]`, or `not defined (reason)`; a reason that says it all stands alone. */
export function show(estimate: Estimate | BootstrapInterval): string {
  if (estimate.kind === "undefined")
    return isWhole(estimate.reason) ? estimate.reason : `not defined (${estimate.reason})`;
  const { value, low, high } = estimate;
  return low === null || high === null ? signed(value) : `${signed(value)} ${span(low, high)}`;
}

/** The same with numbers that two decimals do not show as powers of ten. */
export function showSmall(estimate: Estimate): string {
  if (estimate.kind === "undefined" || estimate.low === null || estimate.high === null) return show(estimate);
  const { value, low, high } = estimate;
  return `${small(value)} [${small(low)}, ${small(high)}]`;
}

function isWhole(reason: string): boolean {
  return reason.startsWith("not estimable");
}

/** Small p-values as a bound; never 0. */
export function showP(value: PValue): string {
  if (value.kind === "undefined") return `not defined (${value.reason})`;
  return value.p < 0.001 ? "< 0.001" : value.p.toFixed(3);
}

/** A box that says what a reader must know before the numbers. */
export function note(head: string, text: string): string {
  return `<aside class="note"><p><strong>${escapeHtml(head)}</strong></p><p>${escapeHtml(text)}</p></aside>`;
}

/** Accuracy and importance by difficulty. */
export function levelTable({ levels }: Summary): TableData {
  return table(
    "By level",
    ["level", "problems", "right", "accuracy [95 %]", "mean importance"],
    levels.map(({ level, n, correct, rate, importance }) => [
      level,
      String(n),
      String(correct),
      show(rate),
      show(importance),
    ]),
    levels,
  );
}

/** Importance by level and latent. */
export function heatTable({ heat }: Summary): TableData {
  return table(
    "By level and latent",
    ["level", "latent", "broken", "rate [95 %]"],
    heat.map(({ level, latent, broken, n }) => [level, String(latent), `${broken} of ${n}`, show(wilson(broken, n))]),
    heat,
  );
}

/** What zeroing each latent did. */
export function latentTable({ latents }: Summary): TableData {
  return table(
    "By latent",
    [
      "latent",
      "broken",
      "rate [95 %]",
      "mended",
      "right less baseline [95 %]",
      "broken : mended [95 %]",
      "McNemar p",
      "p (Holm)",
      "Δ log p of the expected number [95 %]",
      "KL at the number, nats [95 %]",
    ],
    latents.map((each) => [
      String(each.latent),
      `${each.broken.count} of ${each.broken.n}`,
      show(each.broken.rate),
      `${each.mended.count} of ${each.mended.n}`,
      show(each.riskDifference),
      show(each.oddsRatio),
      showP(each.mcnemar),
      showP(each.mcnemarHolm),
      show(each.deltaLogProb),
      show(each.kl),
    ]),
    latents,
  );
}

/** Attention against importance by layer. */
export function correlationTable(summary: Summary): TableData {
  return table(
    "Attention and importance",
    [
      "layer",
      "pooled r (description) [95 %]",
      "r within position [95 %]",
      "r within problem [95 %]",
      "two-way r [95 %]",
      "odds ratio for 1 SD [95 %]",
    ],
    byLayer(summary).map((each) => [
      String(each.layer),
      show(each.pooled),
      show(each.withinPosition),
      show(each.withinProblem),
      show(each.twoWay),
      show(each.oddsRatio),
    ]),
  );
}

/** Other measures of attention against importance, by layer, each measure's rows together. */
export function measureTable({ measures, families }: Summary): TableData {
  const hypotheses = families.find(({ name }) => name === "attention")?.hypotheses ?? [];
  const corrected = (id: string): string => {
    const p = hypotheses.find((each) => each.id === id)?.holm;
    return p === undefined ? "–" : showP(p);
  };
  return table(
    "Other measures of attention and importance",
    ["measure", "layer", "r within position [95 %]", "p", "p (Holm)", "r within problem [95 %]", "p", "p (Holm)"],
    measures.map(({ measure, layer, withinPosition, withinProblem, permutation }) => [
      measure,
      String(layer),
      show(withinPosition),
      showP(permutation.withinPosition),
      corrected(measureTest(layer, measure, "within position")),
      show(withinProblem),
      showP(permutation.withinProblem),
      corrected(measureTest(layer, measure, "within problem")),
    ]),
  );
}

/** Every test of a family with its corrections. */
export function familyTable({ name, hypotheses }: JudgedFamily): TableData {
  return table(
    `Tests: ${name}`,
    ["hypothesis", "role", "p", "Holm, planned", "Holm, all", "Benjamini–Hochberg, all"],
    hypotheses.map((each) => [
      each.id,
      each.role,
      showP(each.p),
      each.holmPlanned === null ? "–" : showP(each.holmPlanned),
      showP(each.holm),
      showP(each.benjaminiHochberg),
    ]),
  );
}

/** The original study's correlation over all rows, its p computed as if rows were independent. */
export function originalTable({ original }: Summary): TableData {
  const missing = "not defined";
  return table(
    "Original statistics",
    ["layer", "r over all rows", "p from t"],
    Object.entries(original.overall_correlation)
      .map(([key, { r, p }]) => ({ layer: Number(key.replace("layer_", "")), r, p }))
      .sort((a, b) => a.layer - b.layer)
      .map(({ layer, r, p }) => [
        String(layer),
        r === null ? missing : signed(r),
        p === null ? missing : showP({ kind: "value", p }),
      ]),
  );
}

/** What a row is of; the page's script filters by it. */
export interface RowKeys {
  readonly level?: string;
  readonly latent?: number;
}

/** A table before it is drawn: texts as they came, escaped by whoever draws. */
export interface TableData {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** One a row, where rows are of a level or a latent. */
  readonly keys: readonly RowKeys[];
}

/** @param keys one a row, where rows are of a level or a latent. */
export function table(
  name: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  keys: readonly RowKeys[] = [],
): TableData {
  return { name, header, rows, keys };
}

/** A table as HTML; its texts are escaped here. */
export function htmlTable({ name, header, rows, keys }: TableData): string {
  const head = header.map((each) => `<th scope="col">${escapeHtml(each)}</th>`).join("");
  const body = rows.map((row, i) => `<tr${keysOf(keys[i])}>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll" role="region" aria-label="${escapeHtml(name)}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function keysOf({ level, latent }: RowKeys = {}): string {
  const ofLevel = level === undefined ? "" : ` data-level="${escapeHtml(level)}"`;
  return latent === undefined ? ofLevel : `${ofLevel} data-latent="${latent}"`;
}

/** Why there is no test, in the fewest words: it stands in many rows. */
export const UNTESTED = { control: "a control", unchanged: "no answer changed" } as const;

/** Whether a cell says why there is no number, as `show` and `showP` do. */
export function isReason(text: string): boolean {
  return /^not (?:defined|estimable)/.test(text);
}

// Numbers and intervals stay on one line; reasons and long names may break.
const WIDEST_NAME = 40;

function cell(text: string): string {
  const breaks = isReason(text) ? "wrap" : text.length > WIDEST_NAME ? "wrap name" : null;
  return `<td${breaks === null ? "" : ` class="${breaks}"`}>${escapeHtml(text)}</td>`;
}
