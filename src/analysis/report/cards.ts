/** The top of the report: three to six findings, each a small figure, one sentence and a link to its section. */

import type { Headline } from "../../exhibits/headline.js";
import { MAIN_STORIES } from "../../studies/stories.js";
import { attentionHeadline, importanceHeadline } from "../main/headlines.js";
import { ATTENTION, IMPORTANCE } from "../main/questions.js";
import type { Analysis } from "../summary-types.js";
import { cardFigure } from "./card-figure.js";
import { escapeHtml, escapeProse } from "./html.js";

const MOST_CARDS = 6;

/** A headline and where its numbers are. */
export interface Card {
  /** Id of the section. */
  readonly section: string;
  readonly question: string;
  readonly headline: Headline;
}

/** Id of the main study's first section. */
export const IMPORTANCE_ID = "study-importance";
/** Id of its second one. */
export const ATTENTION_ID = "study-attention";

/** @returns every headline of a run; those that a page with few cards takes come first. */
export function cardsOf({ summary, findings, control }: Pick<Analysis, "summary" | "findings" | "control">): Card[] {
  const beside = (name: string, alone: Headline | null): Headline | null => control?.headlines.get(name) ?? alone;
  const { importance, attention } = MAIN_STORIES;
  const main: readonly (readonly [string, string, Headline | null])[] = [
    [IMPORTANCE_ID, IMPORTANCE.question, beside(importance.name, importanceHeadline(summary))],
    [ATTENTION_ID, ATTENTION.question, beside(attention.name, attentionHeadline(summary))],
  ];
  const all = [
    ...(summary.latents.length === 0 ? [] : main),
    ...findings.map(({ name, question, headline = null }) => [`study-${name}`, question, headline] as const),
  ];
  return all
    .flatMap(([section, question, headline]): Card[] => (headline === null ? [] : [{ section, question, headline }]))
    .sort((a, b) => a.headline.rank - b.headline.rank);
}

/** The first ones as HTML; empty where there is none. */
export function cardBlock(cards: readonly Card[]): string {
  if (cards.length === 0) return "";
  return `<section class="cards" aria-label="What was found">${cards.slice(0, MOST_CARDS).map(card).join("\n")}</section>`;
}

function card({ section, question, headline: { sentence, unit, rows, matched } }: Card): string {
  const hasControl = rows.some(({ control }) => control !== null);
  const hasModel = rows.some((row) => row.matched?.kind === "value");
  const key =
    unit === ""
      ? ""
      : `<p class="meta">${escapeHtml(unit)}${hasControl && !unit.includes("hollow") ? "; hollow: control" : ""}${hasModel ? "; square: control model" : ""}</p>`;
  return `<article class="card"><h2><a href="#${escapeHtml(section)}">${escapeProse(question)}</a></h2>
${cardFigure(rows, unit)}${key}
<p>${escapeProse(sentence)}</p>${matched === undefined ? "" : `\n<p class="meta">${escapeProse(matched)}</p>`}</article>`;
}
