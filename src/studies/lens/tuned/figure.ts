/** Logit lens, tuned lens and its control side by side: KL from the model's own last distribution, and a row a step. */

import { type FigureSpec, figure, sentencePanel } from "../../../exhibits/figure.js";
import { drawn } from "../../../exhibits/number-text.js";
import type { Estimate } from "../../../statistics/estimate.js";
import type { ShownRun } from "../../finding.js";
import type { LayerLensSummary } from "../layers.js";
import { type Cell, type LensScale, MAP_SPACING, panel, SHARE, STEPS } from "../layers-figure.js";
import type { ByLens, KnownTunedLens } from "./summary.js";

/** Title of the figure. */
export const TUNED_QUESTION = "What would each layer say in the last layer's terms?";

const LENSES = [
  ["logit", "logit lens"],
  ["tuned", "tuned lens"],
  ["shuffled", "tuned, pairs shuffled (control)"],
] as const satisfies readonly (readonly [keyof ByLens<unknown>, string])[];

/** @returns a sentence where there is no tuned lens. */
export function tunedLensFigure(lens: LayerLensSummary, run: ShownRun): FigureSpec {
  const { tuned } = lens;
  if (tuned.kind === "undefined") {
    const none = sentencePanel(`no tuned lens (${tuned.reason})`, { width: 420, height: 60 });
    return figure({ title: TUNED_QUESTION, subtitle: [`n = ${lens.problems} problems`], run }, none);
  }
  const targets = [...new Set(tuned.steps.filter(({ n }) => n > 0).map(({ target }) => target))].slice(0, STEPS);
  const rows = [
    klRow(tuned),
    ...targets.map((target, row) => stepRow(lens, tuned, { target, isLast: row === targets.length - 1 })),
  ];
  const subtitle = [
    `affine translator from each layer's states at BOT and the latents to the last layer's, by least squares; final norm and head on held-out problems' translated states; control: last states of other problems; KL: from the model's last distribution; steps: share of problems whose step value is the first choice; n = ${tuned.problems} problems × ${tuned.positions.length} positions, fewer for later steps`,
  ];
  return figure(
    { title: TUNED_QUESTION, subtitle, run },
    {
      vconcat: rows,
      spacing: 12,
    },
  );
}

function klRow(tuned: KnownTunedLens): FigureSpec {
  const cells = tuned.cells.filter(({ position }) => position !== "all");
  const known = (estimate: Estimate): number | null => (estimate.kind === "value" ? estimate.value : null);
  // A logit lens of early layers can be far beyond both: it is drawn as the end.
  const most = Math.max(0.1, ...cells.flatMap(({ kl }) => [known(kl.tuned) ?? 0, known(kl.shuffled) ?? 0]));
  const end = most >= 2 ? Math.ceil(most) : Math.ceil(10 * most) / 10;
  const beyond = cells.some(({ kl }) => (known(kl.logit) ?? 0) > end);
  const scale: LensScale = {
    title: "nats",
    domain: [0, end / 2, end],
    range: ["#fdf6ef", "#d98f4e", "#6b2f0a"],
    labels: `(datum.value === ${end} && ${beyond} ? '\u2265 ' : '') + format(datum.value, '.1f')`,
  };
  return {
    spacing: MAP_SPACING,
    hconcat: LENSES.map(([kind, name]) =>
      panel(
        kind === "logit" ? `KL: ${name}` : name,
        cells.map(
          ({ layer, position, n, kl }): Cell => ({
            x: layer,
            y: position,
            value: known(kl[kind]),
            spoken: `KL, ${name}, ${position}, layer ${layer}: ${drawn(kl[kind]).label} nats, n = ${n}`,
          }),
        ),
        { lens: tuned, scale, isLast: false, isFirst: kind === "logit", hasLegend: kind === "logit" },
      ),
    ),
    resolve: { scale: { color: "independent" } },
  };
}

function stepRow(
  lens: LayerLensSummary,
  tuned: KnownTunedLens,
  { target, isLast }: { readonly target: string; readonly isLast: boolean },
): FigureSpec {
  const count = (kind: keyof ByLens<unknown>, layer: string, position: string): { first: number; n: number } => {
    const isHere = (cell: { layer: string; position: string; target: string }): boolean =>
      cell.layer === layer && cell.position === position && cell.target === target;
    if (kind === "logit") return lens.cells.find(isHere) ?? { first: 0, n: 0 };
    const step = tuned.steps.find(isHere);
    return { first: (kind === "tuned" ? step?.first : step?.shuffled.first) ?? 0, n: step?.n ?? 0 };
  };
  return {
    spacing: MAP_SPACING,
    hconcat: LENSES.map(([kind, name]) => {
      const values = tuned.layers.flatMap((layer) =>
        tuned.positions.map((position): Cell => {
          const { first, n } = count(kind, layer, position);
          const spoken = `${target}, ${name}, ${position}, layer ${layer}: first in ${first} of ${n}`;
          return { x: layer, y: position, value: n === 0 ? null : first / n, spoken };
        }),
      );
      const title = kind === "logit" ? `${target}: ${name}` : name;
      return panel(title, values, {
        lens: tuned,
        scale: SHARE,
        isLast,
        isFirst: kind === "logit",
        hasLegend: isLast && kind === "logit",
      });
    }),
    resolve: { scale: { color: "independent" } },
  };
}
