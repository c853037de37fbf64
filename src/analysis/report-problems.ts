/** The report's ten problems: question, what the head says at each latent, what each ablation changed. */

import { escapeHtml } from "./html.js";
import type { ProblemView } from "./summary-types.js";

/** How many problems the report shows. */
export const SHOWN = 10;

/** @returns one closed `<details>` a problem, those first that most ablations break. */
export function problemViews(problems: readonly ProblemView[]): string {
  const broken = ({ baselineCorrect, ablated }: ProblemView): number =>
    baselineCorrect ? ablated.filter(({ correct }) => !correct).length : 0;
  return problems
    .map((problem, place) => ({ problem, place }))
    .sort((a, b) => broken(b.problem) - broken(a.problem) || a.place - b.place)
    .slice(0, SHOWN)
    .map(({ problem }) => problemView(problem))
    .join("\n");
}

function problemView(problem: ProblemView): string {
  const { id, difficulty, question, expected, baseline, baselineCorrect, ablated } = problem;
  const wrong = ablated.filter(({ correct }) => !correct).length;
  const title = `${id} (${difficulty}): expected ${expected}, baseline ${verdict(baselineCorrect)}, ${wrong} of ${ablated.length} ablations wrong`;
  const rows = ablated.map(
    ({ latent, answer, correct }) =>
      `<tr><td>latent ${latent} zeroed</td><td class="wrap">${difference(baseline, answer)}</td><td class="wrap">${verdict(correct)}${answer === baseline ? "" : ", changed"}</td></tr>`,
  );
  return `<details><summary>${escapeHtml(title)}</summary>
${question === null ? "" : `<p class="q">${escapeHtml(question)}</p>`}
${lensTable(problem.lens)}
<div class="scroll" role="region" aria-label="Answers" tabindex="0"><table><thead><tr><th scope="col">run</th><th scope="col">answer</th><th scope="col">verdict</th></tr></thead><tbody>
<tr><td>baseline</td><td class="wrap">${shown(baseline)}</td><td>${verdict(baselineCorrect)}</td></tr>
${rows.join("\n")}</tbody></table></div></details>`;
}

function lensTable(lens: readonly string[] | null): string {
  if (lens === null || lens.length === 0) return "";
  const head = lens.map((_, i) => `<th scope="col">${i === 0 ? "BOT" : `latent ${i - 1}`}</th>`).join("");
  const body = lens.map((each) => `<td><code>${escapeHtml(each)}</code></td>`).join("");
  return `<p>The head's first choice at BOT and at each latent of the baseline run:</p>
<div class="scroll" role="region" aria-label="What the head says" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody><tr>${body}</tr></tbody></table></div>`;
}

/** The answer with the words that differ from the baseline's marked: underlined, bold and coloured. */
export function difference(baseline: string, answer: string): string {
  if (answer === baseline) return shown(answer);
  if (answer === "") return `<mark>${shown(answer)}</mark>`;
  const [before, after] = [words(baseline), words(answer)];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const part = (from: number, to: number): string => escapeHtml(after.slice(from, to).join(""));
  const middle = part(start, after.length - end);
  return `${part(0, start)}<mark>${middle === "" ? "(left out)" : middle}</mark>${part(after.length - end, after.length)}`;
}

/** Words and the blanks between them, so that joining gives the text back. */
function words(text: string): string[] {
  return text.split(/(\s+)/).filter((part) => part !== "");
}

function shown(answer: string): string {
  return answer === "" ? "<em>(empty)</em>" : escapeHtml(answer);
}

function verdict(correct: boolean): string {
  return correct ? "right" : "wrong";
}
