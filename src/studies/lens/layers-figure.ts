/** Layer × position maps of the study `lens`: a row a step, the head's first choice, the probe and its control side by side. */

import { type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { flatLegend } from "../../exhibits/gradient-legend.js";
import { drawn, signed } from "../../exhibits/number-text.js";
import { SMALL_AXIS, SMALL_CELL, SMALL_ROW, smallMap, smallTitle } from "../../exhibits/small-map.js";
import { WIDEST } from "../../statistics/fold-draws.js";
import { basisOf, type ShownRun } from "../finding.js";
import type { LayerLensSummary } from "./layers.js";
import { drawsText, hasProbes, type LayerProbe } from "./probes.js";

/** Title of the figure. */
export const LAYERS_QUESTION = "In which layer does the value of a step stand?";

/** Later steps are in the tables. */
export const STEPS = 4;

/** Colours of a map; values beyond its ends are drawn as the ends. */
export interface LensScale {
  readonly title: string;
  readonly domain: readonly number[];
  readonly range: readonly string[];
  /** Vega expression of a legend's label. */
  readonly labels?: string;
}

/** Shares. */
export const SHARE: LensScale = { title: "share", domain: [0, 0.5, 1], range: ["#f1f6fa", "#5ba3cf", "#08457e"] };

// Below 0 says nothing but that; how far is in the table.
const R2: LensScale = {
  title: "R²",
  domain: [-0.5, 0, 0.5, 1],
  range: ["#d9822b", "#f6f6f4", "#5ba3cf", "#08457e"],
  labels: "datum.value < 0 ? '≤ \u2212' + format(-datum.value, '.1f') : format(datum.value, '.1f')",
};

/** One rectangle. */
export interface Cell {
  readonly x: string;
  readonly y: string;
  readonly value: number | null;
  readonly spoken: string;
}

/** @returns null where no step is known. */
export function layerLensFigure(lens: LayerLensSummary, run: ShownRun): FigureSpec | null {
  const targets = [...new Set(lens.cells.filter(({ n }) => n > 0).map(({ target }) => target))].slice(0, STEPS);
  if (targets.length === 0) return null;
  const noProbe = (target: string): string | null => {
    const all = lens.probes.filter((probe) => probe.target === target);
    const why = all.flatMap(({ r2 }) => (r2.kind === "undefined" ? r2.reason : []));
    return why.length === all.length ? (why[0] ?? "none was fitted") : null;
  };
  const lastProbed = targets.findLastIndex((target) => noProbe(target) === null);
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
    const where = ({ layer, position }: LayerProbe) => ({ x: layer, y: position });
    const read = probes.map((probe): Cell => {
      const value = probe.r2.kind === "value" ? probe.r2.value : null;
      const spoken = `${target}, ${probe.position}, layer ${probe.layer}: R² held-out ${drawn(probe.r2).label}, n = ${probe.n}${drawsText(probe)}`;
      return { ...where(probe), value, spoken };
    });
    const shuffled = probes.map((probe): Cell => {
      const value = probe.control?.mean ?? null;
      const spoken = `${target}, ${probe.position}, layer ${probe.layer}: R² with shuffled labels ${value === null ? "not defined" : signed(value)}`;
      return { ...where(probe), value, spoken };
    });
    const isLast = row === targets.length - 1;
    const none = noProbe(target);
    const probe = (title: string, values: readonly Cell[], options: Pick<PanelOptions, "hasLegend">): FigureSpec =>
      none === null
        ? panel(title, values, { lens, scale: R2, isLast: row === lastProbed, isFirst: false, ...options })
        : emptyPanel(title, `too few for a probe (${none})`, lens);
    return {
      hconcat: [
        panel(`${target}: first choice (share)`, said, { lens, scale: SHARE, isLast }),
        probe(`${target}: linear probe (R²)`, read, {}),
        probe("labels shuffled (control)", shuffled, { hasLegend: false }),
      ],
      spacing: MAP_SPACING,
      resolve: { scale: { color: "independent" } },
    };
  });
  const probed = hasProbes(lens.probes)
    ? ", and held-out R² of a ridge probe for the value, the median over draws of folds (orange: below 0, worse than the mean)"
    : "";
  const subtitle = [
    `residual stream at BOT and the latents before the first block (embed) and after each: share of problems whose step value is the head's first choice (logit lens)${probed}; grey: not defined; n = ${lens.problems} problems, fewer for later steps${unsteadyText(lens)}`,
  ];
  return figure({ title: LAYERS_QUESTION, subtitle, run }, { vconcat: rows, spacing: 12 });
}

/** Where its numbers are, and when a probe is not to be relied on. */
export function layersCaption({ probes }: LayerLensSummary, run: ShownRun): string {
  const shares = `${basisOf(run)}. Shares with 95 % Wilson intervals are in tables/lens_layers.csv`;
  if (!hasProbes(probes)) return `${shares}; no test.`;
  return `${shares}, every probe's R² with its bootstrap interval, chosen penalties and spread over draws of folds in tables/probes.csv; no test. A probe is not to be relied on where the middle half of its draws spans more than ${WIDEST} of R².`;
}

function unsteadyText({ probes }: LayerLensSummary): string {
  const defined = probes.filter(({ draws }) => draws !== null);
  const unsteady = defined.filter(({ draws }) => draws?.isSteady === false).length;
  return defined.length === 0
    ? ""
    : `; R² hangs on the folds in ${unsteady} of ${defined.length} probes (tables/probes.csv)`;
}

interface PanelOptions {
  readonly scale: LensScale;
  /** The lowest of its column: it has the layers' names, and the legend unless another panel has it. */
  readonly isLast: boolean;
  /** The leftmost of its row, which has the positions' names. */
  readonly isFirst?: boolean;
  readonly hasLegend?: boolean;
}

/** Three maps side by side stay within the width of a page, however many layers there are. */
const MAP_WIDTH = 143;
const WIDEST_COLUMN = 11;
/** Between two maps of a row. */
export const MAP_SPACING = 14;

function columnWidth(layers: readonly string[]): number {
  // In quarters: longer numbers only make the file larger.
  return Math.min(WIDEST_COLUMN, Math.floor((4 * MAP_WIDTH) / layers.length) / 4);
}

/** A sentence in the place of a map. */
export function emptyPanel(
  title: string,
  text: string,
  { layers, positions }: Pick<LayerLensSummary, "layers" | "positions">,
): FigureSpec {
  const size = { width: columnWidth(layers) * layers.length, height: SMALL_ROW * positions.length };
  return { ...sentencePanel(text, size), title: smallTitle(title) };
}

/** One map of layers × positions; a null is grey. */
export function panel(
  title: string,
  values: readonly Cell[],
  {
    lens,
    scale,
    isLast,
    isFirst = true,
    hasLegend = isLast,
  }: PanelOptions & { readonly lens: Pick<LayerLensSummary, "layers" | "positions"> },
): FigureSpec {
  const { layers, positions } = lens;
  const { title: legend, domain, range, labels = "format(datum.value, '.1f')" } = scale;
  return {
    ...smallMap(title, columnWidth(layers), values),
    mark: SMALL_CELL,
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        title: isLast ? "after block" : null,
        sort: layers,
        axis: { ...SMALL_AXIS, labelAngle: -90, labels: isLast, labelOverlap: true },
      },
      y: { field: "y", type: "ordinal", title: null, sort: positions, axis: isFirst ? SMALL_AXIS : null },
      description: { field: "spoken" },
      color: {
        condition: { test: "datum.value === null", value: "#e4e4e4" },
        field: "value",
        type: "quantitative",
        title: legend,
        scale: { range, domain, clamp: true, interpolate: "rgb" },
        legend: hasLegend ? flatLegend(110, { values: domain, labelExpr: labels }) : null,
      },
    },
  };
}
