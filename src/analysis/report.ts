/** One self-contained page that opens offline under a strict content policy: no script, no request, nothing outside the file. */

import { createHash } from "node:crypto";
import { escapeHtml, prefixIds } from "./html.js";
import { problemViews, SHOWN } from "./report-problems.js";
import { sentences } from "./report-sentences.js";
import { studySections } from "./report-studies.js";
import { REPORT_STYLE } from "./report-style.js";
import { correlationTable, familyTable, latentTable, levelTable, originalTable } from "./report-tables.js";
import type { RunData, Summary } from "./summary-types.js";

/** What a report is made of. */
export interface ReportInput {
  readonly data: RunData;
  readonly summary: Summary;
  readonly figures: readonly { readonly name: string; readonly svg: string }[];
}

const CAPTIONS: Readonly<Record<string, string>> = {
  "1_importance_by_position":
    "Share of right baseline answers that turn wrong when the latent is zeroed, with 95 % Wilson intervals.",
  "2_importance_heatmap":
    "The same by difficulty, with counts and 95 % Wilson intervals; below it, where there is room, every problem on its own.",
  "3_attention_vs_importance":
    "Attention from EOT to a latent against the share of answers that break, a panel a layer. Dots are fifths of all rows in order of attention; numbers are the latents. If the numbers rise to the right but r within a position is about 0, it is the place of a latent that matters, not the attention it gets.",
  "4_correlation_by_position":
    "Correlation of attention and importance among problems, one latent at a time, with 95 % bootstrap intervals over problems. Small numbers count the broken answers on which each r rests; hollow points rest on too few.",
};

const PATCHING_CAPTION =
  "Effect of writing what another run computed into this one, a run a cell: 0 leaves the logit difference of the two answers where it is, 1 makes it the other run's. Noising writes the counterfactual's into the question's run, denoising the other way. Attention, MLP and heads are patched in some neighbouring blocks at once.";
const LENS_CAPTION =
  "Counts, 95 % intervals and how often another problem's value is named (the control) are in tables/lens.csv.";
const STUDY_CAPTION = "All conditions, with n and 95 % intervals, are in the table below and in tables/studies.csv.";

/** @returns the whole page; text that came from data is escaped. */
export function buildReport(input: ReportInput): string {
  const { data, summary } = input;
  const hash = createHash("sha256").update(REPORT_STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const main = input.figures.filter(({ name }) => Object.hasOwn(CAPTIONS, name));
  const studyFigures = new Map(
    input.figures
      .filter(({ name }) => !Object.hasOwn(CAPTIONS, name))
      .map((each, place) => [each.name, figureBlock(each, main.length + place)]),
  );
  const title = escapeHtml(
    `CodiLens: ${summary.latents.length === 0 ? "studies of" : "importance of latents in"} ${summary.model ?? "the original study's run"}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${REPORT_STYLE}</style></head>
<body><main>
<h1>${title}</h1>
<p class="meta">${escapeHtml(metaLine(data, summary))}</p>
${banners(summary)}
${summary.latents.length === 0 ? "" : `<p><strong>Question.</strong> ${escapeHtml(summary.question)}</p>`}
<section class="answer" aria-label="Result">${paragraphs(sentences(summary))}</section>
${main.map(figureBlock).join("\n")}
<h2>By level</h2>
${levelTable(summary)}
${summary.latents.length === 0 ? "" : mainSections(summary)}
${studySections(summary.studies, studyFigures)}
${summary.latents.length === 0 ? "" : browser(data)}
<h2>Caveats</h2>
<ul>${caveats(data, summary)
    .map((each) => `<li>${escapeHtml(each)}</li>`)
    .join("\n")}</ul>
${colophon(data)}
</main></body></html>
`;
}

/** Tables of token ablation and attention. */
function mainSections(summary: Summary): string {
  return `<h2>By latent</h2>
<p class="meta">Broken: baseline right, then wrong. Mended: baseline wrong, then right. McNemar's exact test compares the two.</p>
${latentTable(summary)}
<h2>Attention and importance</h2>
<p class="meta">Pooled r describes all rows at once and mixes the place of a latent with the attention it gets. Within position compares problems at the same latent; within problem compares the latents of one problem, so a place that has more of both counts; two-way takes problem and place out. The odds ratio holds problem and place fixed (conditional logit).</p>
${correlationTable(summary)}
<h3>All tests that were looked at</h3>
<p class="meta">p of r by permutation (${summary.permutations} drawn, or all where they are few): whole problems exchanged for within position and two-way, a problem's positions for within problem; of the odds ratio by Rao's score test. Planned tests are corrected among themselves, and all over all.</p>
${summary.families
  .map(
    (family) => `<p class="meta">${escapeHtml(family.question)}</p>
${familyTable(family)}`,
  )
  .join("\n")}
<h3>In the original study's way</h3>
<p class="meta">Pearson over all rows, p from t as if rows were independent. They are not: six rows share a problem. For comparison only; the rest is in <code>summary.json</code> under <code>original</code>.</p>
${originalTable(summary)}`;
}

function metaLine(data: RunData, { protocol, baseline, ablateLayer, layers, latents }: Summary): string {
  return [
    `protocol ${protocol}`,
    `n = ${baseline.n} problems`,
    `${data.latents} latents`,
    ...(ablateLayer === null || latents.length === 0 ? [] : [`output of block ${ablateLayer} zeroed`]),
    layers.length === 0
      ? "no attention read"
      : `attention read at layer${layers.length === 1 ? "" : "s"} ${[...layers].sort((a, b) => a - b).join(", ")}`,
  ].join(" · ");
}

function banners({ protocolNote, testMode }: Summary): string {
  const note = (head: string, text: string): string =>
    `<aside class="note"><p><strong>${escapeHtml(head)}</strong></p><p>${escapeHtml(text)}</p></aside>`;
  return [
    ...(protocolNote === null ? [] : [note("Flawed protocol: seed", protocolNote)]),
    ...(testMode ? [note("Test mode", "A small sample for trying out; not for reporting.")] : []),
  ].join("\n");
}

function paragraphs(lines: readonly string[]): string {
  return lines.map((each) => `<p>${escapeHtml(each)}</p>`).join("\n");
}

function figureBlock({ name, svg }: ReportInput["figures"][number], place: number): string {
  const number = `Figure ${place + 1}`;
  const caption = escapeHtml(
    CAPTIONS[name] ??
      (name === "study_lens" ? LENS_CAPTION : name.startsWith("study_patching") ? PATCHING_CAPTION : STUDY_CAPTION),
  ).replaceAll("95 %", "95\u00a0%");
  return `<figure aria-label="${number}"><div class="paper" role="region" aria-label="${number}, drawing" tabindex="0">${inlineSvg(svg, `f${place + 1}`)}</div><figcaption><strong>${number}.</strong> ${caption}</figcaption></figure>`;
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

function browser({ problems }: RunData): string {
  const views = problemViews(problems);
  const count = Math.min(SHOWN, problems.length);
  return `<h2>${count === 10 ? "Ten" : count} problem${count === 1 ? "" : "s"}</h2>
<p class="meta">Those first that most ablations break, so they are not a fair sample. Words of an answer that differ from the baseline's are underlined.</p>
${views}`;
}

function caveats(data: RunData, summary: Summary): string[] {
  const { baselineWrong, failed } = summary.excluded;
  return [
    "Zeroing takes the model out of its distribution; a broken answer shows that something at that place is used, not what it says.",
    "The rows of one problem are not independent. Bootstrap intervals and permutations move whole problems; the Wilson intervals of figure 3 do not.",
    "Importance counts only problems with a right baseline, so it cannot show ablations that mend an answer; those are in the table by latent.",
    "Attention weights share a sum, and a weight says nothing of the value it multiplies.",
    `${baselineWrong} problem${baselineWrong === 1 ? "" : "s"} had a wrong baseline and ${failed} run${failed === 1 ? "" : "s"} failed; both are left out of importance.`,
    ...data.failed
      .slice(0, 5)
      .map(({ problemId, condition, message }) => `Failed: ${problemId}, ${condition}: ${message}`),
    ...(data.failed.length > 5 ? [`${data.failed.length - 5} more failures are in records.jsonl.`] : []),
    ...summary.notices,
  ];
}

function colophon({ command, versions }: RunData): string {
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `<h2>How it was made</h2>
${command === null ? `<p class="meta">The files do not say with what command they were made.</p>` : `<pre>${escapeHtml(command)}</pre>`}
${made.length === 0 ? "" : `<p class="meta">${escapeHtml(made.join(" · "))}</p>`}
<p class="meta">Hashes and machine are in <code>manifest.json</code>, rows in <code>tables/rows.csv</code>, every number of this page in <code>summary.json</code>. Bootstrap and sampling are seeded: the same records give the same page.</p>
<p class="meta">CodiLens is free software under the MIT licence; to cite it, see <code>CITATION.cff</code>. The embedded model tiny-codi and its problems are under the MIT licence; any other model or data set keeps its own.</p>`;
}
