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

/** @param name the figure's file name without ending. */
export function captionOf(name: string, run: ShownRun): string {
  const { baseline } = run;
  const n = `n = ${baseline.n} problems, ${baseline.correct} with a right baseline (${show(baseline.rate)})`;
  if (name === "study_lens")
    return `${n}. Counts, 95 % Wilson intervals and how often another problem's value is named (the control) are in tables/lens.csv; no test.`;
  if (/^study_(question|latent)-to-latent_attention$/.test(name))
    return `${n}. Above, how much attention goes in the baseline to what a knockout cuts; below, how far what the reader hands on moves when it is cut. Beside their controls, with 95 % bootstrap intervals over problems, in the folded table and in tables/latent_effects.csv; the test of the one against the other is in the text.`;
  if (name === "study_subsets")
    return `${n}. Every value and every pair's interaction with its 95 % bootstrap interval is in the folded table and in tables/shapley.csv, every set of zeroed latents in tables/studies.csv; the test is of sets (McNemar's exact test, Holm-adjusted).`;
  if (name === "study_lens_layers")
    return `${n}. Shares with 95 % Wilson intervals are in tables/lens_layers.csv, every probe's R² with its bootstrap interval, chosen penalties and spread over draws of folds in tables/probes.csv; no test. A probe is not to be relied on where the middle half of its draws spans more than ${WIDEST} of R².`;
  if (name === "study_lens_tuned")
    return `${n}. Mean KL with bootstrap intervals is in tables/tuned_lens.csv, each step's first choices and ranks in tables/lens_layers.csv; no test.`;
  if (name.startsWith("study_patching"))
    return `${n}. Effect of writing what another run computed into this one, a run a cell: 0 leaves the logit difference of the two answers where it is, 1 makes it the other run's. Noising writes the counterfactual's into the question's run, denoising the other way. Attention, MLP and heads are patched in some neighbouring blocks at once. Intervals of every cell are in tables/patching.csv; no test.`;
  return `${n}. All conditions, with n, 95 % intervals and McNemar's exact test, Holm-adjusted over the study's conditions, are in the table below and in tables/studies.csv.`;
}
