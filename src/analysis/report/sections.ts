/** The report's sections of the studies beside the main one. */

import type { TableExhibit } from "../../exhibits/exhibit.js";
import type { Finding } from "../../studies/finding.js";
import { leftOutSentence } from "../../studies/shared/tested.js";
import { figureName, figures, tablesOf } from "../exhibits.js";
import { escapeHtml, escapeProse } from "./html.js";
import { htmlTable } from "./html-table.js";

/** @param drawn the drawn figures by name, as blocks of HTML. @returns one section a study; empty where there is none. */
export function studySections(findings: readonly Finding[], drawn: ReadonlyMap<string, string>): string {
  return findings
    .map((finding) =>
      section(
        finding,
        figures(finding.exhibits)
          .map((each) => drawn.get(figureName(finding, each)) ?? "")
          .join("\n"),
      ),
    )
    .join("\n");
}

function section({ name, question, sentence, tested, leftOut, exhibits }: Finding, figureBlock: string): string {
  return `<section id="study-${escapeHtml(name)}"><h2>${escapeHtml(question)}</h2>
<p>${escapeProse(sentence)}</p>
<p class="meta">${escapeHtml(tested)}${leftOut === undefined ? "" : ` ${escapeHtml(leftOutSentence(leftOut))}`}</p>
${figureBlock}
${tablesOf(exhibits).map(drawnTable).join("\n")}
</section>`;
}

function drawnTable({ table, folded }: TableExhibit): string {
  const made = htmlTable(table);
  if (folded === null) return made;
  const heading = escapeHtml(folded).replace(/\btables\/[\w-]+\.csv/g, "<code>$&</code>");
  return `<details><summary>${heading}</summary>${made}</details>`;
}
