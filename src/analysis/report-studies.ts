/** The report's sections of the studies beside the main one. */

import { signed } from "./figures/common.js";
import { escapeHtml, escapeProse } from "./html.js";
import { effectTable } from "./report-knockouts.js";
import { htmlTable, show, showP, showSmall, type TableData, table } from "./report-tables.js";
import type { LayerLensSummary } from "./studies/layer-lens.js";
import { layerName } from "./studies/layer-lens-sentence.js";
import { r2Of } from "./studies/layer-probes.js";
import type { PatchCell, PatchingSummary } from "./studies/patching.js";
import type { Component, ResidualSummary } from "./studies/residual.js";
import type { StudySummary } from "./studies/study-types.js";
import { testedSentence } from "./studies/tested.js";

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
        [
          study.name,
          `${study.name}_layers`,
          `${study.name}_tuned`,
          `${study.name}_heads`,
          `${study.name}_top`,
          `${study.name}_attention`,
        ]
          .map((name) => figures.get(studyFigureName(name)) ?? "")
          .join("\n"),
      ),
    )
    .join("\n");
}

function section(study: StudySummary, figureBlock: string): string {
  const data = studyTable(study);
  const made = data === null ? "" : htmlTable(data.table);
  const drawn = data?.picked === undefined ? made : `<details><summary>${data.picked}</summary>${made}</details>`;
  const count = study.conditions.length;
  return `<section id="study-${escapeHtml(study.name)}"><h2>${escapeHtml(study.question)}</h2>
<p>${escapeProse(study.sentence)}</p>
<p class="meta">${escapeHtml(testedSentence(study))}</p>
${figureBlock}
${count > SHOWN_ROWS ? `<details><summary>All ${count} conditions of ${escapeHtml(study.name)}</summary>${drawn}</details>` : drawn}${tunedTable(study)}${effectTable(study)}
</section>`;
}

/** A study's table, and a heading in HTML where its rows are picked out of many. */
export interface StudyTable {
  readonly table: TableData;
  readonly picked?: string;
}

/** @returns null where a study has none. */
export function studyTable(study: StudySummary): StudyTable | null {
  if (study.patching !== undefined) return patchingTable(study.patching);
  if (study.residual !== undefined) return residualTable(study.residual);
  if (study.lens !== null) return study.layerLens === undefined ? null : layerTable(study.layerLens);
  return { table: conditionsTable(study) };
}

function conditionsTable({ name, conditions }: StudySummary): TableData {
  const hasFirst = conditions.some(({ klAtFirst }) => klAtFirst !== undefined);
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
      ...(hasFirst ? ["KL at the first token (original study's), nats"] : []),
    ],
    conditions.map((each) => [
      each.condition,
      `${each.right.count} of ${each.right.n}`,
      `${each.broken.count} of ${each.broken.n}`,
      show(each.riskDifference),
      showP(each.mcnemarHolm),
      show(each.deltaLogProb),
      show(each.kl),
      ...(hasFirst ? [each.klAtFirst === undefined ? "–" : showSmall(each.klAtFirst)] : []),
    ]),
    conditions.map(({ factors: { latent } }) => (typeof latent === "number" ? { latent } : {})),
  );
}

/** A row a step and position: after the last block, and the layer that a probe reads best. */
function layerTable({ layers, positions, cells, probes }: LayerLensSummary): StudyTable {
  const last = cells.filter(({ layer, n }) => layer === layers.at(-1) && n > 0);
  const rows = [...new Set(last.map(({ target }) => target))].flatMap((target) =>
    positions.map((position) => {
      const cell = last.find((each) => each.target === target && each.position === position);
      const [best] = probes
        .filter((each) => each.target === target && each.position === position && each.r2.kind === "value")
        .sort((a, b) => r2Of(b) - r2Of(a));
      const control = best?.control ?? null;
      return [
        target,
        position,
        cell === undefined ? "–" : `${cell.first} of ${cell.n}`,
        cell?.medianRank === null || cell === undefined ? "–" : `${cell.medianRank}`,
        cell?.chance === null || cell === undefined ? "–" : cell.chance.toFixed(2),
        best === undefined ? "–" : layerName(best.layer),
        best === undefined ? "–" : show(best.r2),
        control === null ? "–" : `${signed(control.mean)} (at most ${signed(control.most)})`,
      ];
    }),
  );
  const made = table(
    "Steps by position: logit lens after the last block, and the best layer of a linear probe",
    [
      "step",
      "position",
      "first choice",
      "median rank",
      "other problems' values (control)",
      "best layer of the probe",
      "R²",
      "R², labels shuffled (control)",
    ],
    rows,
  );
  const picked =
    "Every step and position (the layer is picked out of all; every layer is in <code>tables/lens_layers.csv</code> and <code>tables/probes.csv</code>)";
  return { table: made, picked };
}

/** A row a block, a column a component and target. Heads and single latents are in tables/residual.csv. */
function residualTable({ targets, blocks }: ResidualSummary): StudyTable {
  const [answer, latents] = ["answer", "latents"].map((name) => targets.find((each) => each.name === name));
  const cells = (kind: Component["kind"], block: number | null): string[] =>
    [answer, latents].flatMap((target) => {
      const found = target?.components.find((each) => each.kind === kind && each.block === block);
      return found === undefined ? ["–", "–"] : [show(found.own), show(found.control)];
    });
  const rows = [
    ["embedding", "–", ...cells("embedding", null)],
    ...Array.from({ length: blocks }, (_, block) =>
      (["attention", "mlp"] as const).map((kind) => [
        String(block),
        kind === "mlp" ? "MLP" : kind,
        ...cells(kind, block),
      ]),
    ).flat(),
    ["projection's biases", "–", ...cells("biases", null)],
    [
      "all",
      "",
      ...[answer, latents].flatMap((each) => (each === undefined ? ["–", "–"] : [show(each.own), show(each.control)])),
    ],
  ];
  const header = [
    "block",
    "component",
    "answer, logits [95 %]",
    "random other number (control)",
    "latents' inputs, share [95 %]",
    "another problem's latent (control)",
  ];
  const picked = "Every block's attention and MLP (heads and single latents are in <code>tables/residual.csv</code>)";
  return { table: table("Direct contributions by block", header, rows), picked };
}

/** A row a layer; nothing where there is no tuned lens. */
function tunedTable({ layerLens }: StudySummary): string {
  const tuned = layerLens?.tuned;
  if (tuned?.kind !== "value") return "";
  const rows = tuned.cells
    .filter(({ position }) => position === "all")
    .map(({ layer, kl }) => {
      const fit = tuned.translators.find((each) => each.layer === layer);
      const share = (value: number | undefined): string => (value === undefined ? "–" : signed(value));
      return [
        layerName(layer),
        show(kl.logit),
        show(kl.tuned),
        show(kl.shuffled),
        share(fit?.explained),
        share(fit?.shuffled.explained),
        fit?.penalties.join(", ") ?? "–",
      ];
    });
  const made = table(
    "Tuned lens by layer, mean over positions",
    [
      "after",
      "KL of the logit lens, nats",
      "KL of the tuned lens, nats",
      "KL, pairs shuffled (control), nats",
      "R² of the last states",
      "R², pairs shuffled (control)",
      "penalty by fold",
    ],
    rows,
  );
  return `<details><summary>The tuned lens by layer (every position is in <code>tables/tuned_lens.csv</code>, every step in <code>tables/lens_layers.csv</code>)</summary>${htmlTable(made)}</details>`;
}

/** A row a position (or head) and map: the block where patching does most. Every cell is in tables/patching.csv. */
function patchingTable({ maps }: PatchingSummary): StudyTable {
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
  const picked =
    "The strongest block of each position and head (picked out of all blocks; every cell is in <code>tables/patching.csv</code>)";
  return { table: made, picked };
}
