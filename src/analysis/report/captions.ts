/** What stands below each figure: what is shown, of how many, with what interval, by what test. */

import { show } from "../../exhibits/number-text.js";
import { WIDEST } from "../../statistics/fold-draws.js";
import type { ShownRun } from "../../studies/finding.js";
import type { Summary } from "../summary-types.js";

const MAIN: Readonly<Record<string, (summary: Summary) => string>> = {
  "1_importance_by_position": ({ baseline }) =>
    `Share of right baseline answers that turn wrong when the latent is zeroed, n = ${baseline.correct} problems a latent, with 95 % Wilson intervals. The test of each latent is McNemar's exact one, in the table by latent.`,
  "2_importance_heatmap": ({ baseline, levels }) =>
    `The same by difficulty (${levels.map(({ level, n }) => `${level}: ${n}`).join(", ")}; ${baseline.correct} right), with counts and 95 % Wilson intervals; no test. Below it, where there is room, every problem on its own.`,
  "3_attention_vs_importance": ({ baseline, latents }) =>
    `Attention from EOT to a latent against the share of answers that break, a panel a layer; n = ${baseline.correct} problems × ${latents.length} latents; 95 % Wilson intervals; r with 95 % bootstrap intervals over problems. Dots are fifths of all rows in order of attention; numbers are the latents. If the numbers rise to the right but r within a position is about 0, it is the place of a latent that matters, not the attention it gets. Test: permutation of whole problems, below.`,
  "4_correlation_by_position": ({ baseline }) =>
    `Correlation of attention and importance among problems, one latent at a time, n = ${baseline.correct} problems each, with 95 % bootstrap intervals over problems; not tested one by one. Small numbers count the broken answers on which each r rests; hollow points rest on too few.`,
};

/** Is it one of the main study's four figures? */
export function isMainFigure(name: string): boolean {
  return Object.hasOwn(MAIN, name);
}

/** @param name one of the main study's four figures. */
export function mainCaption(name: string, summary: Summary): string {
  return MAIN[name]?.(summary) ?? "";
}
