/** `report.html`: one file that opens offline under a strict content policy and runs no script. */

import { createHash } from "node:crypto";
import { escapeHtml, prefixIds } from "./html.js";
import { REPORT_STYLE } from "./report-style.js";
import { correlationTable, latentTable, levelTable, show } from "./report-tables.js";
import type { ProblemView, RunData, Summary } from "./summary-types.js";

/** What a report is made of. */
export interface ReportInput {
  readonly data: RunData;
  readonly summary: Summary;
  readonly figures: readonly { readonly name: string; readonly svg: string }[];
}

const CAPTIONS: Readonly<Record<string, string>> = {
  "1_importance_by_position":
    "Figure 1. Share of right baseline answers that break when the latent is zeroed, with 95 % Wilson intervals.",
  "2_importance_heatmap": "Figure 2. The same by difficulty: broken answers of right baseline answers.",
  "3_attention_vs_importance":
    "Figure 3. Attention from EOT to a latent against the share of answers that break, in fifths of the rows.",
  "4_correlation_by_position":
    "Figure 4. Correlation of attention and importance among problems, one latent at a time.",
};

/** @returns the whole page. */
export function buildReport({ data, summary, figures }: ReportInput): string {
  const hash = createHash("sha256").update(REPORT_STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:`;
  const title = `CodiLens: importance of latents in ${summary.model ?? "the original study's run"}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style></head>
<body><main>
<h1>${escapeHtml(title)}</h1>
<p class="meta">${escapeHtml(metaLine(data, summary))}</p>
${summary.protocolNote === null ? "" : `<div class="note"><strong>Flawed protocol.</strong> ${escapeHtml(summary.protocolNote)}</div>`}
${summary.testMode ? `<div class="note"><strong>Test mode.</strong> A small sample for trying out; not for reporting.</div>` : ""}
<p><strong>Question.</strong> ${escapeHtml(summary.question)}</p>
<div class="answer">${sentences(summary)
    .map((each) => `<p>${escapeHtml(each)}</p>`)
    .join("\n")}</div>
${figures.map(({ name, svg }, i) => `<figure role="group" aria-label="Figure ${i + 1}">${inlineSvg(svg, `f${i + 1}`)}<figcaption>${escapeHtml(CAPTIONS[name] ?? name)}</figcaption></figure>`).join("\n")}
<h2>By level</h2>${levelTable(summary)}
<h2>By latent</h2>${latentTable(summary)}
<h2>Attention and importance</h2>${correlationTable(summary)}
<h2>Ten problems</h2>
<p class="meta">What the head would say at BOT and after each latent, and what each ablation changed. A changed answer is marked “changed”.</p>
${chosen(data.problems).map(problemView).join("\n")}
<h2>Caveats</h2><ul>${caveats(data, summary)
    .map((each) => `<li>${escapeHtml(each)}</li>`)
    .join("")}</ul>
<h2>How it was made</h2>
${data.command === null ? "" : `<pre>${escapeHtml(data.command)}</pre>`}
<p class="meta">${escapeHtml(
    Object.entries(data.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(" · "),
  )}</p>
<p class="meta">Embedded model and problems: MIT licence. Hashes and machine are in <code>manifest.json</code>, the rows in <code>tables/rows.csv</code>.</p>
</main></body></html>
`;
}

function metaLine(data: RunData, { protocol, baseline, ablateLayer, layers }: Summary): string {
  const zeroed = ablateLayer === null ? "" : ` · block ${ablateLayer} zeroed`;
  return `protocol ${protocol} · ${baseline.n} problems · ${data.latents} latents${zeroed} · attention read at layers ${layers.join(", ")}`;
}

function inlineSvg(svg: string, prefix: string): string {
  const plain = prefixIds(svg.replace(/<\?xml[^>]*\?>\s*|<!DOCTYPE[^>]*>\s*/g, ""), prefix);
  // Inline styles would need a looser content policy; presentation attributes mean the same.
  return plain.replace(/ style="([^"]*)"/g, (_, css: string) => {
    const pairs = css.split(";").flatMap((pair) => {
      const at = pair.indexOf(":");
      return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const];
    });
    return pairs.map(([name, value]) => ` ${name}="${value}"`).join("");
  });
}

/** The result in sentences, every number from the run. */
export function sentences(summary: Summary): string[] {
  const { baseline, latents, correlations } = summary;
  const rated = latents.flatMap((each) =>
    each.broken.rate.kind === "value" ? [{ latent: each.latent, value: each.broken.rate.value, each }] : [],
  );
  const lines = [`The model answers ${baseline.correct} of ${baseline.n} problems right (${show(baseline.rate)}).`];
  if (rated.length === 0) return [...lines, "Importance is not defined: no baseline answer was right."];
  const most = rated.reduce((a, b) => (b.value > a.value ? b : a));
  const least = rated.reduce((a, b) => (b.value < a.value ? b : a));
  lines.push(
    `Zeroing latent ${most.latent} breaks ${most.each.broken.count} of ${most.each.broken.n} right answers (${show(most.each.broken.rate)}), the most of any latent; latent ${least.latent} breaks ${least.each.broken.count} (${show(least.each.broken.rate)}), the fewest.`,
  );
  for (const { layer, pooled, withinPosition, withinProblem } of correlations) {
    lines.push(
      `Layer ${layer}: over all rows attention and importance correlate with r = ${show(pooled)}; within a position r = ${show(withinPosition)}, within a problem r = ${show(withinProblem)}.`,
    );
  }
  const clear = correlations.filter(
    ({ withinPosition: r }) => r.kind === "value" && r.low !== null && r.high !== null && (r.low > 0 || r.high < 0),
  );
  lines.push(
    clear.length === 0
      ? "Once position is taken out, no layer read here shows a correlation whose interval excludes 0."
      : `Once position is taken out, the interval excludes 0 at ${clear.length === 1 ? "layer" : "layers"} ${clear.map(({ layer }) => layer).join(", ")} (before adjustment for several layers; the table gives the adjusted p).`,
  );
  return lines;
}

/** Ten problems: those that most ablations break first, then the rest in order. */
function chosen(problems: readonly ProblemView[]): readonly ProblemView[] {
  const broken = ({ baselineCorrect, ablated }: ProblemView): number =>
    baselineCorrect ? ablated.filter(({ correct }) => !correct).length : 0;
  return problems
    .map((problem, place) => ({ problem, place }))
    .sort((a, b) => broken(b.problem) - broken(a.problem) || a.place - b.place)
    .slice(0, 10)
    .map(({ problem }) => problem);
}

function problemView(problem: ProblemView): string {
  const rows = problem.ablated.map(({ latent, answer, correct }) => {
    const changed = answer !== problem.baseline;
    const verdict = `${correct ? "right" : "wrong"}${changed ? ", changed" : ""}`;
    return `<tr><td>zero latent ${latent}</td><td class="${changed ? "changed" : ""}">${escapeHtml(answer)}</td><td>${verdict}</td></tr>`;
  });
  const lens =
    problem.lens === null
      ? ""
      : `<p>The head would say, at BOT and after each latent: ${problem.lens.map((each) => `<code>${escapeHtml(each)}</code>`).join(" → ")}</p>`;
  const broken = problem.ablated.filter(({ correct }) => !correct).length;
  return `<details><summary>${escapeHtml(problem.id)} (${escapeHtml(problem.difficulty)}): expected ${problem.expected}, ${broken} of ${problem.ablated.length} ablations wrong</summary>
${problem.question === null ? "" : `<p class="q">${escapeHtml(problem.question)}</p>`}${lens}
<div class="scroll"><table><tr><td>baseline</td><td>${escapeHtml(problem.baseline)}</td><td>${problem.baselineCorrect ? "right" : "wrong"}</td></tr>${rows.join("")}</table></div></details>`;
}

function caveats(data: RunData, summary: Summary): string[] {
  return [
    "Zeroing takes the model out of its distribution; a broken answer shows that something at that place is used, not what it says.",
    "The six rows of one problem are not independent; pooled r is a description. Intervals resample whole problems.",
    "Importance counts only baseline-right problems, so it cannot show ablations that mend an answer; those are in the table by latent.",
    "Attention weights share a sum, and a weight says nothing of the value it multiplies.",
    `${summary.excluded.baselineWrong} problems had a wrong baseline and ${summary.excluded.failed} items failed; both are left out of importance.`,
    summary.family,
    ...data.failed
      .slice(0, 5)
      .map(({ problemId, condition, message }) => `Failed: ${problemId}, ${condition}: ${message}`),
    ...summary.notices,
  ];
}
