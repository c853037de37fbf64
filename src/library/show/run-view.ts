/** One run: question, answer with the probability of each token, scores, what fired, and what the head said. */

import { escapeHtml } from "../../analysis/report/html.js";
import { mebibytes } from "../../base/bytes.js";
import { small } from "../../exhibits/number-text.js";
import type { ParsedAnswer } from "../../model/latent/answer/kind.js";
import { textOf } from "../../model/latent/answer/kind.js";
import type { Measured } from "../../model/latent/run/run-score.js";
import type { AnswerToken, RunResult } from "../../model/latent/run-types.js";
import {
  framed,
  oneLine,
  paragraph,
  probabilityText,
  type ShownTable,
  shaded,
  tableOf,
  textTable,
} from "./fragment.js";
import { lensTableOf, visible } from "./lens-table.js";
import { Shown } from "./shown.js";

/** @returns the view of one run. */
export function runView(run: RunResult): Shown {
  const { question, answer, failure } = run;
  const read = readText(answer.parsed);
  const tables = [scoreTable(run), firedTable(run), lensTableOf(run)].filter((each) => each !== null);
  const captured = run.captures.sites;
  const kept = captured.length === 0 ? [] : [`captured ${captured.length} sites, ${mebibytes(run.captures.bytes)}`];
  const html = [
    paragraph(question, "soft"),
    failure === null ? answerHtml(run, read) : paragraph(`The run failed: ${failure.message}`),
    ...tables.map(tableOf),
    ...kept.map((text) => paragraph(text, "soft")),
  ];
  const text = [
    `question   ${oneLine(question)}`,
    ...(failure === null
      ? [`answer     ${oneLine(answer.text)}`, `read as    ${read}`, `tokens     ${tokensText(answer.tokens)}`]
      : [`failed     ${oneLine(failure.message)}`]),
    ...kept,
    ...tables.map((table) => `\n${textTable(table)}`),
  ];
  return new Shown({ html: framed(html.join("")), text: text.join("\n") });
}

/** @returns several runs as a table, a row a run. */
export function runsView(runs: readonly RunResult[]): Shown {
  const rows = runs.map((run) => [
    run.question,
    run.failure === null ? run.answer.text : `failed: ${run.failure.message}`,
    run.failure === null ? readText(run.answer.parsed) : "–",
    measuredText(run.score.expectedLogProb),
  ]);
  const scored = runs.some(({ score }) => score.kind === "scores");
  const columns = scored ? 4 : 3;
  const table: ShownTable = {
    caption: `${runs.length} runs`,
    header: ["question", "answer", "read as", "log-probability expected"].slice(0, columns),
    rows: rows.map((row) => row.slice(0, columns)),
    numbers: [3],
  };
  return new Shown({ html: framed(tableOf(table)), text: textTable(table) });
}

function answerHtml({ answer }: RunResult, read: string): string {
  const tokens = answer.tokens.map((token, i) => tokenHtml(token, i === answer.numberToken));
  return `<p>${tokens.join("")}</p>${paragraph(`read as ${read}; below each token stands its probability`, "soft")}`;
}

function tokenHtml({ text, logProb, margin }: AnswerToken, isChosen: boolean): string {
  const hover = `probability ${probabilityText(logProb)}, logit ${small(margin)} above the second best`;
  const shade = shaded(Math.exp(logProb));
  const name = isChosen ? "token chosen" : "token";
  return `<span class="${name}" ${shade} title="${escapeHtml(hover)}">${escapeHtml(text)}<small>${escapeHtml(probabilityText(logProb))}</small></span>`;
}

function tokensText(tokens: readonly AnswerToken[]): string {
  return tokens.map(({ text, logProb }) => `${visible(oneLine(text))} ${probabilityText(logProb)}`).join(" · ");
}

/** The answer as the protocol reads it, or why there is none. */
function readText(parsed: ParsedAnswer): string {
  return parsed.kind === "none" ? parsed.reason : textOf(parsed.value);
}

function scoreTable({ score }: RunResult): ShownTable | null {
  if (score.kind !== "scores") return null;
  const { expectedLogProb, klAtNumber, klAtFirst, logitDifference } = score;
  const rows: [string, Measured][] = [
    ["log-probability of the expected answer, nats", expectedLogProb],
    ["KL from the clean run at the number, nats", klAtNumber],
    ["KL from the clean run at the first token, nats", klAtFirst],
    ["logit difference", logitDifference],
  ];
  const known = rows.filter(([name, value]) => typeof value === "number" || name === rows[0]?.[0]);
  return {
    caption: "Scores",
    header: ["measure", "value"],
    rows: known.map(([name, value]) => [name, measuredText(value)]),
    numbers: [1],
  };
}

function firedTable({ fired }: RunResult): ShownTable | null {
  if (fired.length === 0) return null;
  return {
    caption: "Fired",
    header: ["what", "site", "address", "times", "planned"],
    rows: fired.map(({ name, site, address, count, planned }) => [name, site, address, `${count}`, `${planned}`]),
    numbers: [3, 4],
  };
}

function measuredText(value: Measured | undefined): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? small(value) : value.reason;
}
