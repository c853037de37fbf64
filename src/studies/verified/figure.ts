/** The figure of the study `verified`: chains found, and chains that are the solution's, by how many of the head's choices are looked at. */

import { COLOURS, type FigureSpec, figure } from "../../exhibits/figure.js";
import { drawn } from "../../exhibits/number-text.js";
import type { Rate } from "../../statistics/estimate.js";
import type { ShownRun } from "../finding.js";
import type { BesideOthers, VerifiedSummary } from "./summary.js";

const OWN = "the problem's own latents";
const OTHER = "another problem's latents (control)";
const LINES = [OWN, OTHER] as const;
const COLOUR = { domain: LINES, range: [COLOURS.blue, COLOURS.grey] };
const BESIDE = { [OWN]: -4, [OTHER]: 4 } as const;

/** Two panels with intervals; the second only where solutions are marked. */
export function verifiedFigure(
  { levels, problems }: VerifiedSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const compared = levels[0]?.same.own.n ?? 0;
  const panel = (title: string, of: "found" | "same"): FigureSpec =>
    panelOf(
      title,
      levels.flatMap(({ choices, [of]: told }) => pointsOf(choices, told)),
    );
  const subtitle = [
    "equations a ∘ b = c whose operands stand in the question or come from an earlier step, c named at BOT or a latent",
    `n = ${problems.length} problems; rules: 95 % Wilson intervals`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      hconcat: [
        panel("a chain ends in the model's answer", "found"),
        ...(compared === 0 ? [] : [panel(`the chain is the solution's (n = ${compared})`, "same")]),
      ],
      spacing: 30,
    },
  );
}

interface Point {
  readonly choices: number;
  readonly line: (typeof LINES)[number];
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly spoken: string;
}

function pointsOf(choices: number, { own, other }: BesideOthers): Point[] {
  const point = (line: Point["line"], { count, n, rate }: Rate): Point => {
    const { value, low, high, label } = drawn(rate);
    return { choices, line, value, low, high, spoken: `${line}, first ${choices}: ${count} of ${n}, ${label}` };
  };
  return [point(OWN, own), ...(other === null ? [] : [point(OTHER, other)])];
}

function panelOf(title: string, values: readonly Point[]): FigureSpec {
  const x = {
    field: "choices",
    type: "ordinal",
    title: "choices of the head at each position",
    axis: { labelAngle: 0 },
  };
  const y = {
    field: "value",
    type: "quantitative",
    title: "share of problems",
    scale: { domain: [0, 1], nice: false },
    axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const legend = { orient: "bottom", direction: "vertical", labelLimit: 300 };
  const color = { field: "line", type: "nominal", title: null, scale: COLOUR, legend };
  const lines = LINES.filter((line) => values.some((each) => each.line === line));
  return {
    title: { text: title, fontSize: 8.5, fontWeight: "normal", anchor: "start", offset: 6 },
    width: 190,
    height: 150,
    data: { values },
    layer: lines.flatMap((line) => {
      const mine = { filter: `datum.line === "${line}" && datum.value !== null` };
      const xOffset = lines.length === 1 ? 0 : BESIDE[line];
      return [
        {
          transform: [mine, { filter: "datum.low !== null" }],
          mark: { type: "rule", aria: false, strokeWidth: 1.2, xOffset, x2Offset: xOffset },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        {
          transform: [mine],
          mark: { type: "point", filled: true, size: 45, opacity: 1, xOffset },
          encoding: { x, y, color, description: { field: "spoken" } },
        },
      ];
    }),
  };
}
