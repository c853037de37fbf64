/** The figure of the study `budget`: right answers by the number of latents. */

import { COLOURS, type FigureSpec, figure } from "../../exhibits/figure.js";
import { drawn, signed } from "../../exhibits/number-text.js";
import type { ShownRun, StudyCondition } from "../finding.js";
import { isLonger } from "./longer.js";

const HIDDEN = "latents hidden";
const CONTROL = "as many positions of the question hidden, drawn at random (control)";
const LONGER = "more latents run than in the baseline";
const LOOK = {
  [HIDDEN]: { color: COLOURS.blue, dash: [1, 0], offset: -3 },
  [CONTROL]: { color: COLOURS.grey, dash: [1, 0], offset: 3 },
  [LONGER]: { color: COLOURS.orange, dash: [4, 3], offset: -3 },
} as const;

type Line = keyof typeof LOOK;

/** @returns a line of levels, the control's beside it, and a dashed one with hollow marks beyond the baseline's number. */
export function budgetFigure(
  conditions: readonly StudyCondition[],
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const { baseline } = run;
  const values = pointsOf(conditions, { count: baseline.correct, n: baseline.n, rate: baseline.rate });
  const names = [...new Set(values.map(({ line }) => line))];
  const symbol = { symbolType: "stroke", symbolSize: 300, symbolStrokeWidth: 2 };
  const legend = { orient: "bottom", direction: "vertical", labelLimit: 400, ...symbol };
  const color = {
    field: "line",
    type: "nominal",
    title: null,
    scale: { domain: names, range: names.map((name) => LOOK[name].color) },
    legend,
  };
  const strokeDash = {
    field: "line",
    type: "nominal",
    title: null,
    scale: { domain: names, range: names.map((name) => LOOK[name].dash) },
    legend,
  };
  const x = {
    field: "visible",
    type: "ordinal",
    title: names.includes(LONGER)
      ? "latents that EOT and the answer can read; beyond the baseline's number: that are run and read"
      : "latents that EOT and the answer can read",
    axis: { labelAngle: 0 },
  };
  const y = {
    field: "value",
    type: "quantitative",
    title: "share of right answers",
    scale: { domain: [0, 1.12], nice: false },
    axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const subtitle = [
    "the remaining latents run as usual but are not read; with all of them readable it is the baseline",
    `n = ${baseline.n} problems; rules: 95 % Wilson intervals`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      width: 440,
      height: 200,
      data: { values },
      layer: [
        // Side by side, each line through its own dots, so that neither interval hides the other.
        ...names.map((name) => ({
          transform: [{ filter: `datum.line === "${name}"` }],
          mark: { type: "line", aria: false, xOffset: offsetOf(name, names) },
          encoding: { x, y, color, strokeDash },
        })),
        ...names.flatMap((name) => {
          const xOffset = offsetOf(name, names);
          const transform = [{ filter: `datum.line === "${name}" && datum.value !== null && !datum.start` }];
          const filled = name === LONGER ? { filled: false, fill: "white", shape: "diamond" } : { filled: true };
          return [
            {
              transform: [...transform, { filter: "datum.low !== null" }],
              mark: { type: "rule", aria: false, strokeWidth: 1.2, xOffset, x2Offset: xOffset },
              encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
            },
            {
              transform,
              mark: { type: "point", ...filled, size: 45, opacity: 1, xOffset },
              encoding: { x, y, color, description: { field: "spoken" } },
            },
          ];
        }),
        ...names
          .filter((name) => name !== CONTROL)
          .map((name) => {
            // Beside the line, which rises to the baseline's number and may fall after it.
            const beside = name === LONGER ? { align: "left", dx: 4 } : { align: "right", dx: -7 };
            return {
              transform: [{ filter: `datum.line === "${name}" && datum.value !== null && !datum.start` }],
              mark: { type: "text", aria: false, baseline: "bottom", dy: -2, ...beside },
              encoding: { x, y, text: { field: "label" } },
            };
          }),
      ],
    },
  );
}

function offsetOf(name: Line, names: readonly Line[]): number {
  return names.length === 1 ? 0 : LOOK[name].offset;
}

interface Point extends Readonly<Record<string, unknown>> {
  readonly line: Line;
}

function pointsOf(conditions: readonly StudyCondition[], whole: StudyCondition["right"]): Point[] {
  const levels = (line: Line, mine: readonly StudyCondition[]): Point[] =>
    mine.map(({ factors, right }) => ({ line, ...point(Number(factors["visible"]), right, line) }));
  const longer = conditions.filter(isLonger);
  const upTo = conditions.filter((each) => !isLonger(each));
  const drawnLines = ([HIDDEN, CONTROL] as const).flatMap((line): Point[] => {
    const mine = upTo.filter(({ isControl }) => isControl === (line === CONTROL));
    return mine.length === 0 ? [] : [...levels(line, mine), { line, ...point(mine.length, whole, line) }];
  });
  if (longer.length === 0) return drawnLines;
  // The line goes on from the baseline, whose mark is another line's.
  const all = Math.min(...longer.map(({ factors }) => Number(factors["visible"]))) - 1;
  const start = { line: LONGER, start: true, ...point(all, whole, LONGER) } as const;
  return [...drawnLines, start, ...levels(LONGER, longer)];
}

function point(visible: number, right: StudyCondition["right"], line: Line): Readonly<Record<string, unknown>> {
  const { value, low, high, label } = drawn(right.rate);
  const what =
    line === LONGER ? `${visible} latents run, more than in the baseline` : `${visible} of the latents readable`;
  const spoken = `${what}: ${right.count} of ${right.n} right, ${label}`;
  return { visible, value, low, high, label: value === null ? label : signed(value), spoken };
}
