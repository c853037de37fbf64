/** The report's sections: figure, sentence and caveat first, then what is folded. */

import type { TableExhibit } from "../../exhibits/exhibit.js";
import type { Headline } from "../../exhibits/headline.js";
import type { Finding } from "../../studies/finding.js";
import { leftOutSentence } from "../../studies/shared/tested.js";
import { figureName, figures, tablesOf } from "../exhibits.js";
import { escapeHtml, escapeProse } from "./html.js";
import { htmlTable } from "./html-table.js";

/** A section before it is drawn. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Drawn figures, as blocks of HTML. */
  readonly figures: readonly string[];
  readonly sentences: readonly string[];
  readonly caveat: string | null;
  /** Folded, as HTML. */
  readonly more: string;
}

/** What study sections are made with. */
export interface SectionParts {
  /** The drawn figures by name, as blocks of HTML. */
  readonly drawn: ReadonlyMap<string, string>;
  /** Stands below every claim on latents. */
  readonly belowClaims: readonly string[];
}

/** @returns one section a study; empty where there is none. */
export function studySections(findings: readonly Finding[], { drawn, belowClaims }: SectionParts): Section[] {
  return findings.map((finding) => ({
    id: `study-${finding.name}`,
    title: finding.question,
    figures: figures(finding.exhibits).flatMap((each) => drawn.get(figureName(finding, each)) ?? []),
    sentences: [
      finding.sentence,
      ...controlLine(finding.headline),
      ...(finding.headline?.about === undefined ? [] : belowClaims),
    ],
    caveat: finding.caveat,
    more: moreOf(finding),
  }));
}

/** What the control model has, one line below what was found; none where no control model was run. */
export function controlLine(headline: Headline | null | undefined): string[] {
  return headline?.matched === undefined ? [] : [headline.matched];
}

/** A section as HTML: the first figure, then the words, then its other figures. */
export function sectionHtml({ id, title, figures: [first = "", ...others], sentences, caveat, more }: Section): string {
  return `<section id="${escapeHtml(id)}"><h2>${escapeProse(title)}</h2>
${first}
${sentences.map((each) => `<p>${escapeProse(each)}</p>`).join("\n")}
${caveat === null ? "" : `<p class="meta"><strong>Caveat.</strong> ${escapeProse(caveat)}</p>`}
${others.join("\n")}
${more}</section>`;
}

/** @param title plain text; names of files in it are set as code. */
export function folded(title: string, content: string): string {
  const heading = escapeHtml(title).replace(/\btables\/[\w-]+\.csv/g, "<code>$&</code>");
  return `<details><summary>${heading}</summary>${content}</details>`;
}

function moreOf({ tested, method, leftOut, exhibits }: Finding): string {
  const words = [
    // References are for LaTeX.
    method.replace(/ ?\[@[^\]]*\]/g, ""),
    tested,
    ...(leftOut === undefined ? [] : [leftOutSentence(leftOut)]),
  ].filter((each) => each !== "");
  return [
    folded("Method and tests", words.map((each) => `<p>${escapeHtml(each)}</p>`).join("")),
    ...tablesOf(exhibits).map(drawnTable),
  ].join("\n");
}

function drawnTable({ table, folded: title, title: name }: TableExhibit): string {
  return folded(title ?? name, htmlTable(table));
}
