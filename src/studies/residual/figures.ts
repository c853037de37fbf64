/** The figures of the study `residual`: every block's attention and MLP for each target, and the components that contribute most. */

import { COLOURS, type FigureSpec, figure, whereKnown } from "../../exhibits/figure.js";
import { drawn, signed, span } from "../../exhibits/number-text.js";
import { SMALL_AXIS, SMALL_CELL, signedColour, smallMap, smallTitle } from "../../exhibits/small-map.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { ShownRun } from "../finding.js";
import { type ComponentMean, type ResidualSummary, type ResidualTarget, strongest } from "./summary.js";

interface Row {
  readonly name: string;
  readonly pick: (component: ComponentMean) => Estimate;
  readonly target: ResidualTarget;
  /** What 1 is: the target's own whole. */
  readonly whole: number;
}

/** What stands above a figure. */
export interface ResidualHead {
  readonly question: string;
  readonly run: ShownRun;
}

/** What stands above the figure of the strongest. */
export interface TopHead extends ResidualHead {
  /** Out of which components they are picked. */
  readonly picked: string;
}

/** Shares of the whole by block and target, controls below their targets. */
export function residualFigure({ targets, problems }: ResidualSummary, { question, run }: ResidualHead): FigureSpec {
  const rows = targets.filter(({ name, problems: n }) => name !== "latents" && n > 0).flatMap(rowsOf);
  const [hasAnswer, hasInputs] = ["answer", "latents"].map((of) =>
    targets.some(({ name, problems: n }) => name === of && n > 0),
  );
  const panels = [
    panel("attention of the block", rows, ({ kind }) => kind === "attention"),
    panel("MLP of the block", rows, ({ kind }) => kind === "mlp"),
    panel("other", rows, ({ block }) => block === null),
  ];
  const listed = (between: string, [answer = "", input = ""]: readonly string[]): string =>
    [...(hasAnswer ? [answer] : []), ...(hasInputs ? [input] : [])].join(between);
  const whole = listed(", ", [
    "of the answer's logit above the next best number's",
    "of the latent's input along itself",
  ]);
  const controls = listed("; ", ["a random other number's logit", "the same latent of another problem"]);
  const subtitle = [
    `mean direct contribution as a share of the whole: ${whole}`,
    `control${hasAnswer && hasInputs ? "s" : ""}: ${controls}; n = ${problems} problems; intervals are in the table`,
  ];
  return figure(
    { title: question, subtitle, run },
    { hconcat: panels, spacing: 10, resolve: { scale: { color: "shared" } } },
  );
}

/** The strongest components with intervals, each beside its control. */
export function residualTopFigure({ targets }: ResidualSummary, { question, run, picked }: TopHead): FigureSpec | null {
  const panels = targets
    .filter(({ name, problems }) => (name === "answer" || name === "latents") && problems > 0)
    .map(topPanel);
  if (panels.length === 0) return null;
  const subtitle = [
    "mean direct contribution over problems; rules: 95 % bootstrap intervals over problems",
    `picked by size out of ${picked}, so exploratory; control${panels.length === 1 ? "" : "s"} as in the figure above`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      hconcat: panels,
      spacing: 24,
      resolve: { scale: { color: "independent" } },
    },
  );
}

function rowsOf(target: ResidualTarget): Row[] {
  const whole = target.own.kind === "value" && target.own.value !== 0 ? target.own.value : Number.NaN;
  const row = (name: string, pick: Row["pick"]): Row => ({ name, pick, target, whole });
  return [row(target.name, ({ own }) => own), row(`${target.name}, control`, ({ control }) => control)];
}

function panel(title: string, rows: readonly Row[], chosen: (component: ComponentMean) => boolean): FigureSpec {
  const values = rows.flatMap(({ name, pick, target, whole }) =>
    target.components.filter(chosen).map((component) => {
      const { value, low, high } = drawn(pick(component));
      const share = value === null || Number.isNaN(whole) ? null : value / whole;
      const interval = low === null || high === null ? "" : ` ${span(low / whole, high / whole)}`;
      const said = share === null ? "not defined" : `share ${signed(share)}${interval}`;
      return { x: columnOf(component), y: name, value: share, spoken: `${name}, ${component.name}: ${said}` };
    }),
  );
  const columns = [...new Set(values.map(({ x }) => x))];
  const isBlocks = title !== "other";
  return {
    ...smallMap(title, isBlocks ? 11 : 14, values),
    mark: SMALL_CELL,
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        title: isBlocks ? "block" : null,
        sort: columns,
        axis: { ...SMALL_AXIS, labelAngle: isBlocks ? 0 : -90 },
      },
      y: {
        field: "y",
        type: "ordinal",
        title: null,
        sort: rows.map(({ name }) => name),
        axis: title.startsWith("attention") ? SMALL_AXIS : null,
      },
      description: { field: "spoken" },
      color: signedColour(
        { title: "share", domain: [-0.4, 0, 0.3, 0.6], named: [-0.4, -0.2, 0, 0.2, 0.4, 0.6] },
        rows.length,
      ),
    },
  };
}

function columnOf({ kind, block }: ComponentMean): string {
  return block === null ? kind : String(block);
}

function topPanel(target: ResidualTarget): FigureSpec {
  const isAnswer = target.name === "answer";
  const names = isAnswer
    ? ["the answer's number", "a random other number (control)"]
    : ["own latent", "another problem's (control)"];
  const components = strongest(target, 12);
  const values = components.flatMap((component) =>
    [component.own, component.control].map((estimate, place) => {
      const { value, low, high, label } = drawn(estimate);
      return {
        y: component.name,
        of: names[place],
        value,
        low,
        high,
        spoken: `${component.name}, ${names[place]}: ${label}`,
      };
    }),
  );
  const y = {
    field: "y",
    type: "ordinal",
    title: null,
    sort: components.map(({ name }) => name),
    axis: { domain: false, ticks: false, grid: true },
  };
  const x = {
    field: "value",
    type: "quantitative",
    title: isAnswer ? "logits above the next best number" : "share of a latent's input, mean over latents",
  };
  const color = {
    field: "of",
    type: "nominal",
    title: null,
    scale: { domain: names, range: [COLOURS.blue, COLOURS.grey] },
    legend: { orient: "bottom", direction: "vertical", labelLimit: 260 },
  };
  const layers = names.flatMap((name, place) => {
    const yOffset = 5 * place - 2.5;
    const own = [{ filter: `datum.of === "${name}" && datum.value !== null` }];
    const mine = values.filter(({ of }) => of === name);
    return [
      ...whereKnown(mine, "low", [
        {
          transform: [...own, { filter: "datum.low !== null" }],
          mark: { type: "rule", aria: false, strokeWidth: 1.2, yOffset, y2Offset: yOffset },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
        },
      ]),
      ...whereKnown(mine, "value", [
        {
          transform: own,
          mark: { type: "point", filled: true, size: 26, opacity: 1, yOffset },
          encoding: { y, x, color, description: { field: "spoken" } },
        },
      ]),
    ];
  });
  return {
    title: smallTitle(isAnswer ? "to the answer" : "to the next latent's input"),
    width: 190,
    height: { step: 17 },
    data: { values },
    layer: [
      { mark: { type: "rule", aria: false, color: "#888" }, encoding: { x: { datum: 0, type: "quantitative" } } },
      ...layers,
    ],
  };
}
