/** The top of the report: each study's question, its answer with interval, and what it cannot show. */

import { sentences } from "../main/sentences.js";
import type { Summary } from "../summary-types.js";
import { escapeHtml, escapeProse } from "./html.js";

interface Item {
  readonly question: string;
  /** Id of its section. */
  readonly section: string;
  readonly answer: readonly string[];
  readonly caveat: string | null;
}

/** @returns one entry a study, the main one's two questions first. */
export function overview(summary: Summary): string {
  const [accuracy = "", importance = "", ...attention] = sentences(summary);
  const items: Item[] = [
    ...(summary.latents.length === 0
      ? []
      : [
          {
            question: "How important is each latent?",
            section: "study-main",
            answer: [importance],
            caveat:
              "Zeroing takes the model out of its distribution: a broken answer shows that something at that place is used, not what it says.",
          },
        ]),
    ...(attention.length === 0
      ? []
      : [
          {
            question: "Does attention to a latent predict its importance?",
            section: "study-main",
            answer: attention,
            caveat:
              "Attention weights share a sum, and a weight says nothing of the value it multiplies; r over all rows mixes a latent's place with its attention.",
          },
        ]),
    ...summary.studies.map(({ name, question, sentence, caveat }) => ({
      question,
      section: `study-${name}`,
      answer: [sentence],
      caveat,
    })),
  ];
  return `<section class="answer" aria-label="Summary"><p>${escapeProse(accuracy)}</p>
${items.map(item).join("\n")}</section>`;
}

function item({ question, section, answer, caveat }: Item): string {
  const said = answer.map((each) => `<p>${escapeProse(each)}</p>`).join("\n");
  return `<h2 class="question"><a href="#${escapeHtml(section)}">${escapeProse(question)}</a></h2>
${said}${caveat === null ? "" : `\n<p class="meta"><strong>Caveat.</strong> ${escapeProse(caveat)}</p>`}`;
}
