/** Layer × position maps of the study `lens`: a row a step, the head's first choice, the probe and its control side by side. */

import type { LayerLensSummary } from "../studies/layer-lens.js";
import type { Summary } from "../summary-types.js";
import { type FigureSpec, figure } from "./common.js";
import { SMALL_AXIS, SMALL_CELL, smallMap } from "./small-map.js";

// Later steps are in the tables.
const STEPS = 4;

interface Cell {
  readonly x: string;
  readonly y: string;
  readonly value: number | null;
  readonly spoken: string;
}

/** @returns null where no step is known. */
export function layerLensFigure(lens: LayerLensSummary, summary: Summary): FigureSpec | null {
  const targets = [...new Set(lens.cells.filter(({ n }) => n > 0).map(({ target }) => target))].slice(0, STEPS);
  if (targets.length === 0) return null;
  const rows = targets.map((target, row) => {
    const said = lens.cells
      .filter((cell) => cell.target === target)
      .map(({ layer, position, first, n }): Cell => {
        const value = n === 0 ? null : first / n;
        return {
          x: layer,
          y: position,
          value,
          spoken: `${target}, ${position}, layer ${layer}: first in ${first} of ${n}`,
        };
      });
    const probes = lens.probes.filter((probe) => probe.target === target);
    const shown = (control: boolean): Cell[] =>
      probes.map(({ layer, position, r2, control: shuffled }) => {
        const value = control ? (shuffled?.mean ?? null) : r2;
        const what = control ? "shuffled labels" : "held-out";
        return {
          x: layer,
          y: position,
          value,
          spoken: `${target}, ${position}, layer ${layer}: R² ${what} ${value?.toFixed(2) ?? "not defined"}`,
        };
      });
    const bottom = row === targets.length - 1;
    return {
      hconcat: [
        panel(`${target}: the head's first choice (share)`, said, lens, bottom),
        panel(`${target}: linear probe (R²)`, shown(false), lens, bottom),
        panel("the same, labels shuffled (control)", shown(true), lens, bottom),
      ],
    };
  });
  const subtitle = [
    "residual stream at BOT and the latents before the first block (embed) and after each: share of problems whose step value is the head's",
    `first choice (logit lens), and held-out R² of a ridge probe for the value; grey: not defined; n = ${lens.problems} problems, fewer for later steps`,
  ];
  return figure("In which layer does the value of a step stand?", subtitle, summary, { vconcat: rows, spacing: 12 });
}

function panel(title: string, values: Cell[], { layers, positions }: LayerLensSummary, bottom: boolean): FigureSpec {
  return {
    ...smallMap(title, layers.length > 24 ? 6 : 11, values),
    mark: SMALL_CELL,
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        title: bottom ? "after block" : null,
        sort: layers,
        axis: { ...SMALL_AXIS, labelAngle: -90, labels: bottom },
      },
      y: { field: "y", type: "ordinal", title: null, sort: positions, axis: SMALL_AXIS },
      description: { field: "spoken" },
      color: {
        condition: { test: "datum.value === null", value: "#e4e4e4" },
        field: "value",
        type: "quantitative",
        title: ["share,", "R²"],
        scale: { range: ["#f1f6fa", "#5ba3cf", "#08457e"], domain: [0, 0.5, 1], clamp: true },
        legend: { format: ".1f", gradientLength: 70, gradientThickness: 9, values: [0, 0.5, 1] },
      },
    },
  };
}
