/** The report's sections of the studies beside the main one. */

import { drawn } from "./figures/common.js";
import { escapeHtml } from "./html.js";
import type { StudySummary } from "./studies/study-types.js";
import type { PValue } from "./summary-types.js";

/** File name of a study's figure, without ending. */
export function studyFigureName(study: string): string {
  return `study_${study}`;
}

// Longer tables are folded: the figure says the same.
const SHOWN_ROWS = 12;

/** @param figures the drawn figures by name, as blocks of HTML. @returns one section a study; empty where there is none. */
export function studySections(studies: readonly StudySummary[], figures: ReadonlyMap<string, string>): string {
  return studies.map((study) => section(study, figures.get(studyFigureName(study.name)) ?? "")).join("\n");
}

function section(study: StudySummary, figureBlock: string): string {
  const table = study.lens === null ? studyTable(study) : "";
  const count = study.conditions.length;
  return `<section id="study-${escapeHtml(study.name)}"><h2>${escapeHtml(study.question)}</h2>
<p>${escapeHtml(study.sentence).replaceAll("95 %", "95\u00a0%")}</p>
${figureBlock}
${count > SHOWN_ROWS ? `<details><summary>All ${count} conditions of ${escapeHtml(study.name)}</summary>${table}</details>` : table}
</section>`;
}

function studyTable({ conditions }: StudySummary): string {
  const rows = conditions
    .map((each) => {
      const cells = [
        `${each.right.count} of ${each.right.n}`,
        `${each.broken.count} of ${each.broken.n}`,
        drawn(each.riskDifference).label,
        pText(each.mcnemarHolm),
        drawn(each.deltaLogProb).label,
        drawn(each.kl).label,
      ];
      return `<tr><th scope="row">${escapeHtml(each.condition)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
    })
    .join("\n");
  return `<div class="table" role="region" aria-label="Conditions" tabindex="0"><table>
<thead><tr><th scope="col">condition</th><th scope="col">right</th><th scope="col">broken</th><th scope="col">change of the share right</th><th scope="col">p (McNemar, Holm)</th><th scope="col">change of log-probability, nats</th><th scope="col">KL at the number, nats</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function pText(p: PValue): string {
  if (p.kind === "undefined") return "not defined";
  return p.p < 0.001 ? "< 0.001" : p.p.toFixed(3);
}
