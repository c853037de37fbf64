/** What stands above each table: what is shown, of how many, with what interval, by what test. */

import type { TableExhibit } from "../../exhibits/exhibit.js";
import type { TableData } from "../../exhibits/table.js";
import type { Finding } from "../../studies/finding.js";
import { tablesOf } from "../exhibits.js";
import {
  correlationTable,
  familyTable,
  heatTable,
  latentTable,
  levelTable,
  measureTable,
  originalTable,
} from "../main/tables.js";
import type { Analysis } from "../summary-types.js";
import { escapeLatex, proseLatex } from "./escape.js";
import type { TableTitle } from "./table.js";

/** The report's tables in its order, with captions. */
export function titledTables({
  summary,
  findings,
}: Pick<Analysis, "summary" | "findings">): { readonly table: TableData; readonly title: TableTitle }[] {
  const { baseline, latents, families, measures, ablateLayer, permutations } = summary;
  const model = escapeLatex(summary.model ?? "the original study's run");
  const n = `$n = ${baseline.n}$ problems, ${baseline.correct} with a right baseline`;
  const add = (table: TableData, label: string, caption: string): { table: TableData; title: TableTitle } => ({
    table,
    title: { caption, label: `tab:codilens-${label}` },
  });
  const tested = latents.filter(({ mcnemar }) => mcnemar.kind === "value").length;
  const main =
    latents.length === 0
      ? []
      : [
          add(
            latentTable(summary),
            "latents",
            `Each latent of ${model} zeroed at ${ablateLayer === null ? "one block" : `the output of block ${ablateLayer}`}: ${n}. Broken: baseline right, then wrong; mended: the other way. 95\\,\\% intervals: Wilson (rates), Newcombe, paired (difference), exact conditional (odds), bootstrap over problems (means). $p$: McNemar's exact test, Holm over the ${tested} of ${latents.length} latents with a changed answer.`,
          ),
          add(
            heatTable(summary),
            "levels-latents",
            `Answers broken by difficulty and latent: ${n}. 95\\,\\% Wilson intervals; no test.`,
          ),
          add(
            correlationTable(summary),
            "correlations",
            `Attention from EOT to a latent against its importance: $n = ${baseline.correct}$ problems with ${latents.length} latents each. 95\\,\\% intervals over problems; tests and adjusted $p$ in the tables of the families.`,
          ),
          ...(measures.length === 0
            ? []
            : [
                add(
                  measureTable(summary),
                  "measures",
                  `Other measures of attention to a latent against its importance, all exploratory: $n = ${baseline.correct}$ problems with ${latents.length} latents each. 95\\,\\% intervals over problems; $p$ by permutation, Holm over all tests of the family.`,
                ),
              ]),
          ...families.map((family) =>
            add(
              familyTable(family),
              `tests-${family.name}`,
              `${escapeLatex(family.question)} All tests that were looked at, planned and exploratory: ${family.tests.all} with a $p$, ${family.tests.planned} of them planned; $n = ${baseline.n}$ problems${family.name === "attention" ? `, ${permutations.toLocaleString("en-GB")} permutations` : ""}.`,
            ),
          ),
          add(
            originalTable(summary),
            "original",
            `The original study's correlation over all rows of ${baseline.correct} problems, its $p$ from $t$ as if rows were independent. They are not; for comparison only.`,
          ),
        ];
  return [
    add(
      levelTable(summary),
      "levels",
      `Accuracy and mean importance of ${model} by difficulty: ${n}. 95\\,\\% Wilson intervals.`,
    ),
    ...main,
    ...findings.flatMap((study) =>
      tablesOf(study.exhibits).map((each) =>
        add(
          each.table,
          ["study", labelOf(study.name), each.key].filter(Boolean).join("-"),
          studyCaption(study, each, n),
        ),
      ),
    ),
  ];
}

/** The study's question and what it tests stand above its main table. */
function studyCaption({ name, question, tested }: Finding, { title, key, shown }: TableExhibit, n: string): string {
  return key === ""
    ? `${proseLatex(`${name}: ${question}`)} ${n}. ${proseLatex(shown)} ${proseLatex(tested)}`
    : `${proseLatex(`${title}.`)} ${proseLatex(shown)} ${n}.`;
}

// A label is a name for TeX, not a text.
function labelOf(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, "-");
}
