/** The result of a run as lines for a terminal. */

import { join } from "node:path";
import { attentionHeadline, importanceHeadline } from "../analysis/main/headlines.js";
import type { Summary } from "../analysis/summary-types.js";
import { counted, show } from "../exhibits/number-text.js";
import { MAIN_STORIES } from "../studies/stories.js";

/** A longer summary scrolls away what matters. */
const MOST_LINES = 20;

/** @returns accuracy, then one line a study with the sentence of its card; what limits them, above all runs that are missing or failed. */
export function summaryLines(summary: Summary): string[] {
  const { baseline, protocolNote } = summary;
  const levels = summary.levels.map(({ level, correct, n }) => `${level} ${correct}/${n}`).join(", ");
  const lines = [
    ...(protocolNote === null ? [] : [`NOTE: ${protocolNote}`]),
    `baseline: ${baseline.correct} of ${baseline.n} right, ${show(baseline.rate)} (${levels})`,
    ...mainLines(summary),
    ...summary.studies.map(
      ({ name, headline, sentence }) => `${name}: ${besideLine(summary, name, headline ?? sentence)}`,
    ),
    ...(summary.control === undefined ? [] : [`control model: ${summary.control.comparison.sentence}`]),
  ];
  const notes = [...failedLine(summary), ...summary.notices].map((notice) => `note: ${notice}`);
  const room = Math.max(1, MOST_LINES - lines.length);
  return [...lines, ...(notes.length <= room ? notes : [...notes.slice(0, room - 1), more(notes.length - room + 1)])];
}

function more(count: number): string {
  return `note: ${counted(count, "more note")} in the report, under Caveats`;
}

function failedLine({ excluded: { failed } }: Summary): string[] {
  return failed === 0
    ? []
    : [`${counted(failed, "run")} failed and ${failed === 1 ? "counts" : "count"} nowhere; records.jsonl says why`];
}

function mainLines(summary: Summary): string[] {
  if (summary.latents.length === 0) return [];
  const importance = importanceHeadline(summary)?.sentence ?? "not defined: no baseline answer was right";
  const attention = attentionHeadline(summary);
  const said = (story: { readonly name: string }, sentence: string): string =>
    besideLine(summary, story.name, sentence);
  return [
    `importance: ${said(MAIN_STORIES.importance, importance)}`,
    ...(attention === null ? [] : [`attention: ${said(MAIN_STORIES.attention, attention.sentence)}`]),
  ];
}

/** A headline with the control model's number, where one was run. */
function besideLine({ control }: Summary, name: string, alone: string): string {
  const found = control?.headlines[name];
  return found === undefined ? alone : [found.sentence, found.matched ?? ""].join(" ").trimEnd();
}

/** Where the LaTeX lies, where it was asked for. */
export function latexLine(dir: string, { latex }: { readonly latex: boolean }): string[] {
  return latex ? [`latex: ${join(dir, "latex", "document.tex")}`] : [];
}
