/** The report's sections of the studies beside the main one. */

import type { StudySummary } from "../../studies/finding.js";
import { leftOutSentence, testedSentence } from "../../studies/shared/tested.js";
import { escapeHtml, escapeProse } from "./html.js";
import { htmlTable } from "./html-table.js";
import { type StudyTable, studyTables } from "./study-tables.js";

/** File name of a study's figure, without ending. */
export function studyFigureName(study: string): string {
  return `study_${study}`;
}

/** @param figures the drawn figures by name, as blocks of HTML. @returns one section a study; empty where there is none. */
export function studySections(studies: readonly StudySummary[], figures: ReadonlyMap<string, string>): string {
  return studies
    .map((study) =>
      section(
        study,
        [
          study.name,
          `${study.name}_layers`,
          `${study.name}_tuned`,
          `${study.name}_heads`,
          `${study.name}_top`,
          `${study.name}_attention`,
        ]
          .map((name) => figures.get(studyFigureName(name)) ?? "")
          .join("\n"),
      ),
    )
    .join("\n");
}

function section(study: StudySummary, figureBlock: string): string {
  return `<section id="study-${escapeHtml(study.name)}"><h2>${escapeHtml(study.question)}</h2>
<p>${escapeProse(study.sentence)}</p>
<p class="meta">${escapeHtml(testedSentence(study))}${study.leftOut === undefined ? "" : ` ${escapeHtml(leftOutSentence(study.leftOut))}`}</p>
${figureBlock}
${studyTables(study).map(drawnTable).join("\n")}
</section>`;
}

function drawnTable({ table, folded }: StudyTable): string {
  const made = htmlTable(table);
  return folded === null ? made : `<details><summary>${folded}</summary>${made}</details>`;
}
