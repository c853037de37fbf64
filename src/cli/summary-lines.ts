/** The result of a run as lines for a terminal. */

import { join } from "node:path";
import type { Summary } from "../analysis/summary-types.js";
import { counted, show } from "../exhibits/number-text.js";

/** @returns accuracy, importance by latent, correlations by layer; what limits them, above all runs that are missing or failed. */
export function summaryLines(summary: Summary): string[] {
  const { baseline } = summary;
  const levels = summary.levels.map(({ level, correct, n }) => `${level} ${correct}/${n}`).join(", ");
  const latents = summary.latents.map(
    ({ latent, broken }) =>
      `  latent ${latent}   ${String(broken.count).padStart(3)} of ${broken.n} break   ${show(broken.rate)}`,
  );
  const correlations = summary.correlations.map(
    ({ layer, pooled, withinPosition, withinProblem, twoWay }) =>
      `  layer ${String(layer).padStart(2)}   pooled ${show(pooled)}   within position ${show(withinPosition)}   within problem ${show(withinProblem)}   two-way ${show(twoWay)}`,
  );
  return [
    ...(summary.protocolNote === null ? [] : [`NOTE: ${summary.protocolNote}`, ""]),
    `baseline: ${baseline.correct} of ${baseline.n} right (${levels})`,
    ...(summary.latents.length === 0 ? [] : mainLines(summary, latents, correlations)),
    ...summary.studies.map(({ name, sentence }) => `${name}: ${sentence}`),
    ...[...failedLine(summary), ...summary.notices].map((notice) => `note: ${notice}`),
  ];
}

function failedLine({ excluded: { failed } }: Summary): string[] {
  return failed === 0
    ? []
    : [`${counted(failed, "run")} failed and ${failed === 1 ? "counts" : "count"} nowhere; records.jsonl says why`];
}

function mainLines({ ablateLayer }: Summary, latents: readonly string[], correlations: readonly string[]): string[] {
  return [
    `importance: zeroing a latent at layer ${ablateLayer ?? "?"} breaks the answer (95 % Wilson interval)`,
    ...latents,
    "attention from EOT and importance: r (95 % interval over problems)",
    ...correlations,
  ];
}

/** Where the LaTeX lies, where it was asked for. */
export function latexLine(dir: string, { latex }: { readonly latex: boolean }): string[] {
  return latex ? [`latex: ${join(dir, "latex", "document.tex")}`] : [];
}
