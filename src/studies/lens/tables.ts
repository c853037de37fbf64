/** The tables of the study `lens`: what each position names, the best layer of each step, and the tuned lens by layer. */

import { show, signed } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { FoldDraws } from "../../statistics/fold-draws.js";
import type { LayerLensSummary } from "./layers.js";
import { layerName } from "./layers-sentence.js";
import { hasProbes, r2Of } from "./probes.js";
import type { LensMap } from "./summary.js";
import type { KnownTunedLens } from "./tuned/summary.js";

/** A row a position and value: the figure's numbers. */
export function lensTable({ cells }: LensMap): TableData {
  return table("What each position names, by the logit lens after the last block", {
    header: ["position", "value", "first choice", "share [95 %]", "other problems' values (control)"],
    rows: cells
      .filter(({ n }) => n > 0)
      .map(({ position, target, hits, n, rate, chance }) => [
        position,
        target,
        `${hits} of ${n}`,
        show(rate),
        chance === null ? "–" : chance.toFixed(2),
      ]),
  });
}

/** A row a step and position: after the last block, and the layer that a probe reads best. */
export function layerTable({ layers, positions, cells, probes }: LayerLensSummary): TableData {
  const isProbed = hasProbes(probes);
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
        ...(isProbed
          ? [
              best === undefined ? "–" : layerName(best.layer),
              best === undefined ? "–" : show(best.r2),
              foldsCell(best?.draws ?? null),
              control === null ? "–" : `${signed(control.mean)} (at most ${signed(control.most)})`,
            ]
          : []),
      ];
    }),
  );
  const title = "Steps by position: logit lens after the last block";
  return table(isProbed ? `${title}, and the best layer of a linear probe` : title, {
    header: [
      "step",
      "position",
      "first choice",
      "median rank",
      "other problems' values (control)",
      ...(isProbed
        ? [
            "best layer of the probe",
            "R² (median over draws of folds)",
            "R², least to greatest draw",
            "R², labels shuffled (control)",
          ]
        : []),
    ],
    rows,
  });
}

function foldsCell(draws: FoldDraws | null): string {
  if (draws === null) return "–";
  return `${signed(draws.least)} to ${signed(draws.greatest)}${draws.isSteady ? "" : " (not to be relied on)"}`;
}

/** A row a layer. */
export function tunedTable(tuned: KnownTunedLens): TableData {
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
  return table("Tuned lens by layer, mean over positions", {
    header: [
      "after",
      "KL of the logit lens, nats",
      "KL of the tuned lens, nats",
      "KL, pairs shuffled (control), nats",
      "R² of the last states",
      "R², pairs shuffled (control)",
      "penalty by fold",
    ],
    rows,
  });
}
