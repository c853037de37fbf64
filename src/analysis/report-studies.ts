/** The report's sections of the studies beside the main one. */

import { escapeHtml } from "./html.js";
import { show, showP, table } from "./report-tables.js";
import type { PatchCell, PatchingSummary } from "./studies/patching.js";
import type { StudySummary } from "./studies/study-types.js";

/** File name of a study's figure, without ending. */
export function studyFigureName(study: string): string {
  return `study_${study}`;
}

// Longer tables are folded: the figure says the same.
const SHOWN_ROWS = 12;

/** @param figures the drawn figures by name, as blocks of HTML. @returns one section a study; empty where there is none. */
export function studySections(studies: readonly StudySummary[], figures: ReadonlyMap<string, string>): string {
  return studies
    .map((study) =>
      section(
        study,
        [study.name, `${study.name}_heads`].map((name) => figures.get(studyFigureName(name)) ?? "").join("\n"),
      ),
    )
    .join("\n");
}

function section(study: StudySummary, figureBlock: string): string {
  const table =
    study.patching !== undefined ? patchingTable(study.patching) : study.lens === null ? studyTable(study) : "";
  const count = study.conditions.length;
  return `<section id="study-${escapeHtml(study.name)}"><h2>${escapeHtml(study.question)}</h2>
<p>${escapeHtml(study.sentence).replaceAll("95 %", "95\u00a0%")}</p>
${figureBlock}
${count > SHOWN_ROWS ? `<details><summary>All ${count} conditions of ${escapeHtml(study.name)}</summary>${table}</details>` : table}
</section>`;
}

function studyTable({ name, conditions }: StudySummary): string {
  return table(
    `Conditions of ${name}`,
    [
      "condition",
      "right",
      "broken",
      "change of the share right",
      "p (McNemar, Holm)",
      "change of log-probability, nats",
      "KL at the number, nats",
    ],
    conditions.map((each) => [
      each.condition,
      `${each.right.count} of ${each.right.n}`,
      `${each.broken.count} of ${each.broken.n}`,
      show(each.riskDifference),
      showP(each.mcnemarHolm),
      show(each.deltaLogProb),
      show(each.kl),
    ]),
    conditions.map(({ factors: { latent } }) => (typeof latent === "number" ? { latent } : {})),
  );
}

/** A row a position (or head) and map: the block where patching does most. Every cell is in tables/patching.csv. */
function patchingTable({ maps }: PatchingSummary): string {
  const rows = maps
    .filter(({ control }) => control !== "identity")
    .flatMap((map) => {
      const names = [...new Set(map.cells.map(({ row }) => row))];
      return names.map((name) => {
        const mine = map.cells.filter(({ row }) => row === name);
        const value = ({ effect }: PatchCell): number => (effect.kind === "value" ? effect.value : -1);
        const top = mine.reduce((most, cell) => (value(cell) > value(most) ? cell : most));
        const what = `${map.site}${map.at === null ? "" : ` at ${map.at}`}${map.control === null ? `, ${map.direction}` : `, ${map.control} (control)`}`;
        return [what, name, top.column, show(top.effect), `${top.moved.count} of ${top.moved.n}`, show(top.moved.rate)];
      });
    });
  const made = table(
    "Patching: the block where each position does most",
    ["patched", "position or head", "block", "effect", "answers moved", "share moved"],
    rows,
  );
  return `<details><summary>The strongest block of each position and head (picked out of all blocks; every cell is in <code>tables/patching.csv</code>)</summary>${made}</details>`;
}
