/** The report's ten problems: question, what the head says at each latent, what each ablation changed. */

import { differingPart } from "../page/difference.js";
import { LAB_PORT, labLink } from "../page/lab-link.js";
import type { ProblemView } from "../summary-types.js";
import { escapeHtml } from "./html.js";

/** How many problems the report shows. */
export const SHOWN = 10;

/** What stands above the links of all problems. */
export const LAB_SENTENCE = `The links open a problem in the page, where its latents can be edited by hand. Run codilens lab --port ${LAB_PORT} first. The page brings tiny-codi; drop any other checkpoint on it.`;

/**
 * @param block after which the run zeroed latents, for links into the page; null for none.
 * @returns one closed `<details>` a problem, those first that most ablations break.
 */
export function problemViews(problems: readonly ProblemView[], block: number | null): string {
  const broken = ({ baselineCorrect, ablated }: ProblemView): number =>
    baselineCorrect ? ablated.filter(({ correct }) => !correct).length : 0;
  return problems
    .map((problem, place) => ({ problem, place }))
    .sort((a, b) => broken(b.problem) - broken(a.problem) || a.place - b.place)
    .slice(0, SHOWN)
    .map(({ problem }) => problemView(problem, block))
    .join("\n");
}

function problemView(problem: ProblemView, block: number | null): string {
  const { id, difficulty, question, expected, baseline, baselineCorrect, ablated } = problem;
  const wrong = ablated.filter(({ correct }) => !correct).length;
  const title = `${id} (${difficulty}): expected ${expected}, baseline ${verdict(baselineCorrect)}, ${wrong} of ${ablated.length} ablations wrong`;
  const rows = ablated.map(
    ({ latent, answer, correct }) =>
      `<tr><td>latent ${latent} zeroed</td><td class="wrap">${difference(baseline, answer)}</td><td class="wrap">${verdict(correct)}${answer === baseline ? "" : ", changed"}</td></tr>`,
  );
  return `<details><summary>${escapeHtml(title)}</summary>
${question === null ? "" : `<p class="q">${escapeHtml(question)}</p>`}
${labLine(problem, block)}
${lensTable(id, problem.lens)}
<div class="scroll" role="region" aria-label="${escapeHtml(`Answers of ${id}`)}" tabindex="0"><table><thead><tr><th scope="col">run</th><th scope="col">answer</th><th scope="col">verdict</th></tr></thead><tbody>
<tr><td>baseline</td><td class="wrap">${shown(baseline)}</td><td>${verdict(baselineCorrect)}</td></tr>
${rows.join("\n")}</tbody></table></div></details>`;
}

function labLine({ question, ablated }: ProblemView, block: number | null): string {
  if (question === null || block === null) return "";
  const link = (latent: number | null, text: string): string =>
    `<a href="${escapeHtml(labLink({ question, latent, block }))}" rel="noreferrer">${text}</a>`;
  const edits = ablated.map(({ latent }) => link(latent, `latent ${latent} zeroed`));
  return `<p class="meta">In the page: ${[link(null, "the question"), ...edits].join(", ")}.</p>`;
}

function lensTable(id: string, lens: readonly string[] | null): string {
  if (lens === null || lens.length === 0) return "";
  const head = lens.map((_, i) => `<th scope="col">${i === 0 ? "BOT" : `latent ${i - 1}`}</th>`).join("");
  const body = lens.map((each) => `<td><code>${escapeHtml(each)}</code></td>`).join("");
  return `<p>The head's first choice at BOT and at each latent of the baseline run:</p>
<div class="scroll" role="region" aria-label="${escapeHtml(`What the head says in ${id}`)}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody><tr>${body}</tr></tbody></table></div>`;
}

/** The answer with the words that differ from the baseline's marked: underlined, bold and coloured. */
export function difference(baseline: string, answer: string): string {
  if (answer === baseline) return shown(answer);
  if (answer === "") return `<mark>${shown(answer)}</mark>`;
  const [before, middle, after] = differingPart(baseline, answer).map(escapeHtml);
  return `${before}<mark>${middle === "" ? "(left out)" : middle}</mark>${after}`;
}

function shown(answer: string): string {
  return answer === "" ? "<em>(empty)</em>" : escapeHtml(answer);
}

function verdict(correct: boolean): string {
  return correct ? "right" : "wrong";
}
