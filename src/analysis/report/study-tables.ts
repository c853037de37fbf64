/** All tables of a study beside the main one: what they are called and what their numbers are, on the page and in LaTeX. */

import { show, showP, showSmall } from "../../exhibits/number-text.js";
import { type TableData, table, UNTESTED } from "../../exhibits/table.js";
import type { LatentShares, LegacyStudy, StudyCondition } from "../../studies/finding.js";
import type { LayerLensSummary } from "../../studies/lens/layers.js";
import { knockoutTable } from "../../studies/shared/knockout-table.js";
import type { LensMap } from "../../studies/shared/rows.js";
import { layerTable, lensTable, patchingTable, tunedTable } from "./reading-tables.js";

/** One table of a study. */
export interface StudyTable {
  readonly table: TableData;
  /** Tells it from the study's other tables in names; the main one has none. */
  readonly key: string;
  /** Heading under which it is folded on the page; null where it stands open. */
  readonly folded: string | null;
  /** What rows, numbers and intervals are, as a caption says it. */
  readonly shown: string;
}

// Longer tables are folded: the figure says the same.
const SHOWN_ROWS = 12;

/** @returns the main table first, if there is one. */
export function studyTables(study: LegacyStudy): StudyTable[] {
  if (study.patching !== undefined)
    return [
      {
        table: patchingTable(study.patching),
        key: "",
        folded:
          "The strongest block of each position and head (picked out of all blocks; every cell is in tables/patching.csv)",
        shown: "Each row is the best of all blocks, picked by looking; its 95 % interval does not allow for that.",
      },
    ];
  if (study.lens !== null) return lensTables(study.lens, study.layerLens);
  return [conditionTable(study), ...sharesTables(study), ...knockoutTables(study)];
}

function conditionTable({ name, conditions }: LegacyStudy): StudyTable {
  const count = conditions.length;
  return {
    table: conditionsTable(name, conditions),
    key: "",
    folded: count > SHOWN_ROWS ? `All ${count} conditions of ${name}` : null,
    shown: "95 % intervals: Newcombe, paired (share right), bootstrap over problems (means).",
  };
}

function conditionsTable(name: string, conditions: LegacyStudy["conditions"]): TableData {
  const hasFirst = conditions.some(({ klAtFirst }) => klAtFirst !== undefined);
  return table(`Conditions of ${name}`, {
    header: [
      "condition",
      "right",
      "broken",
      "change of the share right",
      "p (McNemar, Holm)",
      "change of log-probability, nats",
      "KL at the number, nats",
      ...(hasFirst ? ["KL at the first token (original study's), nats"] : []),
    ],
    rows: conditions.map((each) => [
      each.condition,
      `${each.right.count} of ${each.right.n}`,
      `${each.broken.count} of ${each.broken.n}`,
      show(each.riskDifference),
      showTested(each),
      show(each.deltaLogProb),
      show(each.kl),
      ...(hasFirst ? [each.klAtFirst === undefined ? "–" : showSmall(each.klAtFirst)] : []),
    ]),
    keys: conditions.map(({ factors: { latent } }) => (typeof latent === "number" ? { latent } : {})),
  });
}

function showTested({ isControl, mcnemarHolm }: StudyCondition): string {
  if (isControl) return UNTESTED.control;
  return mcnemarHolm.kind === "undefined" ? UNTESTED.unchanged : showP(mcnemarHolm);
}

function sharesTables({ shares }: LegacyStudy): StudyTable[] {
  if (shares === null) return [];
  return [
    {
      table: sharesTable(shares),
      key: "shapley",
      folded:
        "What each latent brings to the share of right answers, and each pair beyond its parts (tables/shapley.csv)",
      shown: `Over all sets of zeroed latents, n = ${shares.problems} problems that have them all; 95 % bootstrap intervals over problems, nothing tested. Of a pair: the Shapley interaction, below 0 where each can stand in for the other; strongest first.`,
    },
  ];
}

function sharesTable({ values, total, pairs }: LatentShares): TableData {
  return table("Exact Shapley values of the latents, and interactions of all pairs", {
    header: ["latents", "share of right answers [95 %]"],
    rows: [
      ...values.map((each, latent) => [String(latent), show(each)]),
      ["all together", show(total)],
      ...pairs.map(({ latents, interval }) => [`${latents.join(" and ")}, beyond their parts`, show(interval)]),
    ],
    keys: values.map((_, latent) => ({ latent })),
  });
}

function knockoutTables(study: LegacyStudy): StudyTable[] {
  const made = knockoutTable(study);
  if (made === null) return [];
  const folded =
    "What each knockout takes away, and what it changes in the latents themselves (tables/latent_effects.csv)";
  const shown =
    "Means with 95 % bootstrap intervals over problems: share of the reader's attention that is cut, averaged over blocks and heads, and relative change of the states that latents hand on; beyond its control: less what as many random positions do.";
  return [{ table: made, key: "knockouts", folded, shown }];
}

function lensTables(lens: LensMap, layerLens: LayerLensSummary | undefined): StudyTable[] {
  const tuned = layerLens === undefined ? null : tunedTable(layerLens.tuned);
  return [
    ...(layerLens === undefined
      ? []
      : [
          {
            table: layerTable(layerLens),
            key: "",
            folded:
              "Every step and position (the layer is picked out of all; every layer is in tables/lens_layers.csv and tables/probes.csv)",
            shown: "After the last block; the probe's layer is picked out of all by looking.",
          },
        ]),
    {
      table: lensTable(lens),
      key: "positions",
      folded: "What each position names, with intervals (tables/lens.csv)",
      shown: `The head's first choice after the last block against the values of the solution's steps, of ${lens.problems} problems, fewer for later steps; 95 % Wilson intervals.`,
    },
    ...(tuned === null
      ? []
      : [
          {
            table: tuned,
            key: "tuned",
            folded:
              "The tuned lens by layer (every position is in tables/tuned_lens.csv, every step in tables/lens_layers.csv)",
            shown:
              "Held-out means over positions: KL from the last layer's distribution with 95 % bootstrap intervals over problems, and the share of its states' variance that translators explain.",
          },
        ]),
  ];
}
