/** The figure of the study `steering`: dose and response, a column a site. */

import { COLOURS, type FigureSpec, figure } from "../../exhibits/figure.js";
import { drawn, signed } from "../../exhibits/number-text.js";
import { smallTitle } from "../../exhibits/small-map.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { ShownRun } from "../finding.js";
import { ADDED_NAMES } from "./names.js";
import { ADDED, type Added } from "./record.js";
import { SITE_NAMES, SITES, type Site } from "./sites.js";
import type { SteeringDose, SteeringSummary } from "./summary.js";

const LINES = ADDED.map((added) => ADDED_NAMES[added]);
const COLOUR = { domain: LINES, range: [COLOURS.blue, COLOURS.grey, COLOURS.orange] };
const OFFSET: Readonly<Record<Added, number>> = { own: 0, random: -3, elsewhere: 3 };
const SIZE = { width: 130, height: 110 } as const;
const SPACING = 24;

interface Measure {
  readonly title: string;
  readonly of: (dose: SteeringDose) => Estimate;
}

const MOVED: Measure = { title: "answers as predicted", of: ({ moved }) => moved.rate };
const TOWARD: Measure = { title: "logits toward it", of: ({ toward }) => toward };

/** Answers that become the predicted number above, logits below. */
export function steeringFigure(
  { doses, problems }: SteeringSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const subtitle = [
    "directions of other problems' questions: a step's value moved by d; predicted: later steps go on from the moved value",
    "logits: the predicted number's less the model's own, less the same without steering",
    `n = ${problems} problems; rules: 95 % intervals (Wilson's above, bootstrap below)`,
  ];
  const rowOf = (measure: Measure): FigureSpec => ({
    hconcat: SITES.map((site) => panelOf(site, { doses, measure })),
    spacing: SPACING,
    resolve: { scale: { y: "shared" } },
  });
  return figure({ title: question, subtitle, run }, { vconcat: [rowOf(MOVED), rowOf(TOWARD)], spacing: SPACING });
}

function panelOf(
  site: Site,
  { doses, measure }: { readonly doses: readonly SteeringDose[]; readonly measure: Measure },
): FigureSpec {
  const mine = doses.filter((dose) => dose.site === site);
  const values = mine.map((dose) => {
    const { value, low, high, label } = drawn(measure.of(dose));
    const line = ADDED_NAMES[dose.added];
    const spoken = `${SITE_NAMES[site]}, ${line}, strength ${signed(dose.strength)}: ${measure.title} ${label}`;
    return { strength: dose.strength, line, value, low, high, spoken };
  });
  // Nothing is added at 0, so nothing moves.
  const starts = LINES.map((line) => ({ strength: 0, line, value: 0, low: null, high: null, spoken: "" }));
  const x = { field: "strength", type: "quantitative", title: "strength", axis: { values: [-1, 0, 1, 2] } };
  const y = { field: "value", type: "quantitative", title: measure.title };
  const legend = { orient: "bottom", direction: "vertical", labelLimit: 400 };
  const color = { field: "line", type: "nominal", title: null, scale: COLOUR, legend };
  return {
    title: smallTitle(SITE_NAMES[site]),
    ...SIZE,
    data: { values: [...values, ...starts] },
    layer: ADDED.flatMap((added) => {
      const xOffset = OFFSET[added];
      const only = { filter: `datum.line === "${ADDED_NAMES[added]}" && datum.value !== null` };
      return [
        { transform: [only], mark: { type: "line", aria: false, xOffset }, encoding: { x, y, color } },
        // An axis has no end where no interval is.
        ...(values.some(({ line, low }) => line === ADDED_NAMES[added] && low !== null)
          ? [
              {
                transform: [only, { filter: "datum.low !== null" }],
                mark: { type: "rule", aria: false, strokeWidth: 1.2, xOffset, x2Offset: xOffset },
                encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
              },
            ]
          : []),
        {
          transform: [only, { filter: "datum.strength !== 0" }],
          mark: { type: "point", filled: true, size: 35, opacity: 1, xOffset },
          encoding: { x, y, color, description: { field: "spoken" } },
        },
      ];
    }),
  };
}
