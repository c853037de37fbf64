/** One self-contained page that opens offline under a strict content policy: one style sheet, one script by its hash, no request. */

import { type Graph, strongestOf } from "../../exhibits/graph.js";
import type { TableData } from "../../exhibits/table.js";
import { assumedList } from "../../model/assumed.js";
import { knownProtocol } from "../../model/latent/protocols/index.js";
import { MAIN_STORIES } from "../../studies/stories.js";
import { besideTable } from "../control/tables.js";
import { allFindings, figureName, figures, namedFigures, tablesOf } from "../exhibits.js";
import { allLatentsLine } from "../main/all-latents.js";
import { ATTENTION, IMPORTANCE } from "../main/questions.js";
import { sentences } from "../main/sentences.js";
import {
  correlationTable,
  familyTable,
  heatTable,
  latentTable,
  levelTable,
  measureTable,
  originalTable,
} from "../main/tables.js";
import type { Analysis, RunData, Summary } from "../summary-types.js";
import { ATTENTION_ID, cardBlock, cardsOf, IMPORTANCE_ID } from "./cards.js";
import { escapeHtml, escapeProse, hashSource, inlineSvg, jsonBlock } from "./html.js";
import { htmlTable, note } from "./html-table.js";
import { labBlock, pageData } from "./page-data.js";
import { pageHead } from "./page-head.js";
import { pageScript } from "./page-script.js";
import { LAB_SENTENCE, problemViews, SHOWN } from "./problems.js";
import { controlLine, folded, type Section, sectionHtml, studySections } from "./sections.js";

/** What a report is made of. */
export interface ReportInput extends Analysis {
  readonly figures: readonly DrawnFigure[];
}

/** Edges of a graph that the page has; its file has all. */
const MOST_EDGES = 1500;

/** A figure by its file's name without ending. */
export interface DrawnFigure {
  readonly name: string;
  readonly svg: string;
}

/**
 * @returns the whole page; text that came from data is escaped.
 *
 * @example
 * ```ts
 * const analysis = analyse(loadRun(dir));
 * buildReport({ ...analysis, figures: [] }).startsWith("<!doctype html>"); // → true
 * ```
 */
export function buildReport(input: ReportInput): string {
  const { data, summary, findings } = input;
  const captions = new Map(
    allFindings(input).flatMap((finding) =>
      figures(finding.exhibits).map((each) => [figureName(finding, each), each.caption]),
    ),
  );
  const graphs = new Map(namedFigures(allFindings(input)).map(({ name, graph }) => [name, graph]));
  const script = pageScript();
  // The script may read its own drawings as images, to save them.
  const allowed = `script-src '${hashSource(script)}'; img-src data:; `;
  const block = (each: DrawnFigure, place: number): string =>
    figureBlock(each, place, captions.get(each.name) ?? "") + graphBlock(graphs.get(each.name));
  const mainNames = new Set(
    input.main.flatMap((finding) => figures(finding.exhibits).map((each) => figureName(finding, each))),
  );
  const isMainFigure = (name: string): boolean => mainNames.has(name);
  const main = input.figures.filter(({ name }) => isMainFigure(name));
  const studyFigures = new Map(
    input.figures
      .filter(({ name }) => !isMainFigure(name))
      .map((each, place) => [each.name, block(each, main.length + place)]),
  );
  const sections = [
    ...mainSections(input, main.map(block)),
    ...studySections(findings, { drawn: studyFigures, belowClaims: allLatentsLine(summary) }),
  ];
  const title = escapeHtml(
    `CodiLens: ${summary.latents.length === 0 ? "studies of" : "importance of latents in"} ${summary.model ?? "the original study's run"}`,
  );
  return `${pageHead(title, allowed)}
<body>
${contents(sections)}
<main>
<header><h1>${title}</h1>
<p class="meta">${escapeHtml(metaLine(data, summary))}</p></header>
${banners(summary)}
${cardBlock(cardsOf(input))}
<section id="explorer" hidden><h2>Explorer: one problem at a time</h2>
<p class="meta">Tokens of the question are coloured by the attention that the chosen reader pays to them. Weights are rounded to 64 steps of their root, for looking at.</p></section>
${sections.map(sectionHtml).join("\n")}
<section id="sample"><h2>The sample</h2>
<p>${escapeProse(sentences(summary)[0] ?? "")}</p>
${folded("By level", htmlTable(tableBeside(input.control)(levelTable(summary))))}
${summary.latents.length === 0 ? "" : browser(data)}</section>
<section id="caveats"><h2>Caveats</h2>
<ul>${caveats(data, summary)
    .map((each) => `<li>${escapeHtml(each)}</li>`)
    .join("\n")}</ul></section>
<section id="made"><h2>How it was made</h2>
${colophon(data)}</section>
</main>
<script type="application/json" id="page-data">${jsonBlock(pageData(data, summary))}</script>
<script>${script}</script></body></html>
`;
}

/** The list of contents; the script marks the section in view, and folds the list on a narrow page. */
function contents(sections: readonly Section[]): string {
  const all = [
    ["explorer", "Explorer"],
    ...sections.map(({ id, title }) => [id, title]),
    ["sample", "The sample"],
    ["caveats", "Caveats"],
    ["made", "How it was made"],
  ];
  const links = all.map(([id = "", title = ""]) => `<li><a href="#${escapeHtml(id)}">${escapeProse(title)}</a></li>`);
  return `<nav class="rail" aria-label="Contents"><details open><summary>Contents</summary><ol>${links.join("")}</ol></details></nav>`;
}

/** Token ablation and attention: importance, then whether attention predicts it. */
function mainSections({ summary, control }: Analysis, blocks: readonly string[]): Section[] {
  if (summary.latents.length === 0) return [];
  const [, importance = "", ...attention] = sentences(summary);
  const beside = tableBeside(control);
  const lineOf = ({ name }: { readonly name: string }): string[] => controlLine(control?.headlines.get(name));
  const [bars = "", map = "", scatter = "", byPosition = ""] = blocks;
  return [
    {
      id: IMPORTANCE_ID,
      title: IMPORTANCE.question,
      figures: [bars, map],
      sentences: [importance, ...lineOf(MAIN_STORIES.importance), ...allLatentsLine(summary)],
      caveat: IMPORTANCE.caveat,
      more: importanceMore(summary, beside),
    },
    ...(attention.length === 0
      ? []
      : [
          {
            id: ATTENTION_ID,
            title: ATTENTION.question,
            figures: [scatter, byPosition],
            sentences: [...attention, ...lineOf(MAIN_STORIES.attention)],
            caveat: ATTENTION.caveat,
            more: attentionMore(summary, beside),
          },
        ]),
  ];
}

type Beside = (own: TableData) => TableData;

/** A table with its control model's column, where one was run. */
function tableBeside(control: Analysis["control"]): Beside {
  const tables = control === undefined ? [] : control.analysis.main.flatMap(({ exhibits }) => tablesOf(exhibits));
  return (own) => besideTable(own, tables.find(({ table }) => table.name === own.name)?.table);
}

function importanceMore(summary: Summary, beside: Beside): string {
  return [
    folded(
      "By latent: counts, shares and tests",
      `<p class="meta">Broken: baseline right, then wrong. Mended: baseline wrong, then right. McNemar's exact test compares the two.</p>${htmlTable(beside(latentTable(summary)))}`,
    ),
    folded("By level and latent", htmlTable(beside(heatTable(summary)))),
    ...familyBlocks(summary, "importance", beside),
  ].join("\n");
}

/** What rollout does not go on through: what makes a latent's input of the state before it. */
function notFollowed({ protocol }: Summary): string {
  switch (knownProtocol(protocol)?.feedback) {
    case "projection":
      return " and does not follow the projection";
    case "identity":
      return " and does not follow the state that is fed back as it";
    default:
      return "";
  }
}

function familyBlocks(
  { families, permutations }: Summary,
  wanted: "importance" | "attention",
  beside: Beside,
): string[] {
  const how =
    wanted === "importance"
      ? "p by McNemar's exact test."
      : `p of r by permutation (${permutations} drawn, or all where they are few): whole problems exchanged for within position and two-way, a problem's positions for within problem; of the odds ratio by Rao's score test.`;
  return families
    .filter(({ name }) => name === wanted)
    .map((family) =>
      folded(
        `Every test of the family: ${family.question}`,
        `<p class="meta">${how} Planned tests are corrected among themselves, and all over all.</p>${htmlTable(beside(familyTable(family)))}`,
      ),
    );
}

function attentionMore(summary: Summary, beside: Beside): string {
  return [
    folded(
      "By layer: correlations and odds ratio",
      `<p class="meta">Pooled r describes all rows at once and mixes the place of a latent with the attention it gets. Within position compares problems at the same latent; within problem compares the latents of one problem, so a place that has more of both counts; two-way takes problem and place out. The odds ratio holds problem and place fixed (conditional logit).</p>${htmlTable(beside(correlationTable(summary)))}`,
    ),
    ...(summary.measures.length === 0
      ? []
      : [
          folded(
            "More than weights: weight × value, rollout, weights from the number",
            `<p class="meta">The table by layer is of head-mean weights from EOT. Weight × value is the norm of what all heads together carry from a latent to the reader: each weight times the latent's value through the head's output matrix (Kobayashi et al. 2020). Rollout multiplies the head-mean patterns of all blocks up to this one, each averaged with the identity for the residual stream (Abnar and Zuidema 2020); it ends at a latent's input${notFollowed(summary)}. All are exploratory; p by permutation, corrected by Holm over all tests of the family. Heads one by one are in <code>tables/attention_heads.csv</code>.</p>${htmlTable(beside(measureTable(summary)))}`,
          ),
        ]),
    ...familyBlocks(summary, "attention", beside),
    folded(
      "In the original study's way",
      `<p class="meta">Pearson over all rows, p from t as if rows were independent. They are not: the latents of a problem are rows of their own. For comparison only; the rest is in <code>summary.json</code> under <code>original</code>.</p>${htmlTable(beside(originalTable(summary)))}`,
    ),
  ].join("\n");
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
  return [
    ...(protocolNote === null ? [] : [note("Flawed protocol: seed", protocolNote)]),
    ...(testMode ? [note("Test mode", "A small sample for trying out; not for reporting.")] : []),
  ].join("\n");
}

function figureBlock({ name, svg }: DrawnFigure, place: number, text: string): string {
  const number = `Figure ${place + 1}`;
  const caption = escapeProse(text);
  return `<figure aria-label="${number}" data-name="${escapeHtml(name)}"><div class="paper" role="region" aria-label="${number}, drawing" tabindex="0">${inlineSvg(svg, `f${place + 1}`)}</div><figcaption><strong>${number}.</strong> ${caption}</figcaption></figure>`;
}

/** The graph for the script, which puts what answers above it; nothing without one. */
function graphBlock(graph: Graph | undefined): string {
  if (graph === undefined) return "";
  return `<script type="application/json" data-graph>${jsonBlock(strongestOf(graph, MOST_EDGES))}</script>`;
}

function browser({ problems, ...data }: RunData): string {
  const block = labBlock(data);
  const views = problemViews(problems, block);
  const count = Math.min(SHOWN, problems.length);
  return `<h3>${count === 10 ? "Ten" : count} problem${count === 1 ? "" : "s"}</h3>
<p class="meta">Those first that most ablations break, so they are not a fair sample. Words of an answer that differ from the baseline's are underlined.${block === null ? "" : ` ${escapeHtml(LAB_SENTENCE)}`}</p>
${views}`;
}

/** Of every run that has latents. */
const CAVEATS = [
  "Zeroing takes the model out of its distribution; a broken answer shows that something at that place is used, not what it says.",
  "The rows of one problem are not independent. Bootstrap intervals and permutations move whole problems; the Wilson intervals of figure 3 do not.",
  "Importance counts only problems with a right baseline, so it cannot show ablations that mend an answer; those are in the table by latent.",
  "Attention weights share a sum, and a weight says nothing of the value it multiplies.",
];

function caveats(data: RunData, summary: Summary): string[] {
  const { baselineWrong, failed } = summary.excluded;
  const wrong = `${baselineWrong} problem${baselineWrong === 1 ? "" : "s"} had a wrong baseline and ${failed} run${failed === 1 ? "" : "s"} failed; both are left out of importance.`;
  return [
    // Without latents nothing is zeroed, and no attention to them is read.
    ...(data.latents === 0 ? [] : [...CAVEATS, wrong]),
    ...data.failed
      .slice(0, 5)
      .map(({ problemId, condition, message }) => `Failed: ${problemId}, ${condition}: ${message}`),
    ...(data.failed.length > 5 ? [`${data.failed.length - 5} more failures are in records.jsonl.`] : []),
    ...summary.notices,
  ];
}

function colophon({ command, versions, setting }: RunData): string {
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${command === null ? `<p class="meta">The files do not say with what command they were made.</p>` : `<pre>${escapeHtml(command)}</pre>`}
${made.length === 0 ? "" : `<p class="meta">${escapeHtml(made.join(" · "))}</p>`}
${dataLine(setting)}${assumedLine(setting?.assumed)}<p class="meta">Hashes and machine are in <code>manifest.json</code>, rows in <code>tables/rows.csv</code>, every number of this page in <code>summary.json</code>. Bootstrap and sampling are seeded: the same records give the same page.</p>
<p class="meta">CodiLens is free software under the MIT licence; to cite it, see <code>CITATION.cff</code>. The embedded models and their problems are under the MIT licence; any other model or data set keeps its own.</p>`;
}

function dataLine(setting: RunData["setting"]): string {
  if (setting?.dataFile == null || setting.dataReading === undefined) return "";
  return `<p class="meta">${escapeHtml(`Problems: ${setting.dataFile}, read as ${setting.dataReading}.`)}</p>\n`;
}

/** Empty where the manifest is of a version that did not write it. */
function assumedLine(assumed: NonNullable<RunData["setting"]>["assumed"]): string {
  if (assumed === undefined) return "";
  const text =
    assumed.length === 0
      ? "Every setting of the model comes from its files, or was asked for."
      : `The model's files leave open, and it was assumed: ${assumedList(assumed)}.`;
  return `<p class="meta">${escapeHtml(text)}</p>\n`;
}
