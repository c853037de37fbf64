/** The report's sections of the studies beside the main one. */

import { escapeHtml } from "./html.js";
import { show, showP, table } from "./report-tables.js";
import type { StudySummary } from "./studies/study-types.js";

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

function studyTable({ name, conditions }: StudySummary): string {
  return table(
    `Conditions of ${name}`,
    [
      "condition",
      "right",
      "broken",
      "change of the share right",
      "p (McNemar, Holm)",
      "change of log-probability, nats",
      "KL at the number, nats",
    ],
    conditions.map((each) => [
      each.condition,
      `${each.right.count} of ${each.right.n}`,
      `${each.broken.count} of ${each.broken.n}`,
      show(each.riskDifference),
      showP(each.mcnemarHolm),
      show(each.deltaLogProb),
      show(each.kl),
    ]),
  );
}
