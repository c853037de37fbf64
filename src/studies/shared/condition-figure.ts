/** Maps of a study's conditions by two of their factors: what they break, and what knockouts take away and change. */

import { type FigureExhibit, figureExhibit } from "../../exhibits/exhibit.js";
import { type FigureSpec, figure } from "../../exhibits/figure.js";
import { type HeatCell, heatMap } from "../../exhibits/heat-map.js";
import { intervalText, signed } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { basisOf, type ShownRun, type StudyCondition } from "../finding.js";
import type { StoryFigure } from "../story.js";
import type { KnockoutCondition } from "./knockout-effects.js";

/** What a map of conditions is drawn for. */
export interface MapHead {
  readonly question: string;
  readonly axes: StoryFigure;
  readonly run: ShownRun;
}

/** The map of what conditions break. */
export function brokenExhibit(conditions: readonly StudyCondition[], head: MapHead): FigureExhibit {
  const { question, run } = head;
  return figureExhibit({
    key: "",
    title: question,
    spec: brokenFigure(conditions, head),
    caption: conditionCaption(run),
  });
}

/** The caption of a figure whose numbers are in the table of conditions. */
export function conditionCaption(run: Pick<ShownRun, "baseline">): string {
  return `${basisOf(run)}. All conditions, with n, 95 % intervals and McNemar's exact test, Holm-adjusted over the study's conditions, are in the table below and in tables/studies.csv.`;
}

/** Share of broken answers; controls that stand for one condition each have a map of their own below, one for each kind, with the same colours. */
function brokenFigure(all: readonly StudyCondition[], { question, axes, run }: MapHead): FigureSpec {
  const [effects, controls] = parted(all, axes.y);
  const top = largest(all.map(({ broken }) => broken.rate));
  const isNarrow = columnsOf(effects, axes.x).length > MOST_WIDE;
  const kinds = [...new Set(controls.map(({ factors }) => factors["control"]))];
  const apart = kinds.map((kind) => controls.filter(({ factors }) => factors["control"] === kind));
  const rowCounts = [effects, ...apart].filter(({ length }) => length > 0).map((some) => rowsOf(some, axes.y).length);
  const part = (conditions: readonly StudyCondition[], title: string): FigureSpec =>
    panel(conditions, axes, {
      title,
      top,
      legendRows: Math.min(...rowCounts),
      legend: ["share", "broken"],
      rate: ({ broken }) => broken.rate,
      spoken: ({ condition, broken }, { interval }) =>
        `${condition}: ${broken.count} of ${broken.n} broken ${interval}`,
    });
  const subtitle = [
    `share of right baseline answers that turn wrong, n = ${run.baseline.correct} of ${run.baseline.n} problems`,
    isNarrow ? "numbers: per cent; intervals are in the table" : "brackets: 95 % Wilson intervals",
  ];
  const body =
    controls.length === 0
      ? part(effects, "")
      : {
          vconcat: [part(effects, ""), ...apart.map((some, i) => part(some, `control: ${kinds[i]}`))],
          spacing: 14,
        };
  return figure({ title: question, subtitle, run }, body);
}

/** Attention that knockouts take away, and how far the reader's state moves; null where neither was recorded. */
export function knockoutFigure(all: readonly KnockoutCondition[], { question, axes, run }: MapHead): FigureSpec | null {
  const [conditions] = parted(all, axes.y);
  const part = (
    title: string,
    legend: readonly string[],
    rate: (condition: KnockoutCondition) => Estimate | undefined,
  ): FigureSpec[] => {
    const known = conditions.flatMap((each) => (rate(each)?.kind === "value" ? [each] : []));
    if (known.length === 0) return [];
    const rateOf = (each: KnockoutCondition): Estimate => rate(each) ?? { kind: "undefined", reason: "not measured" };
    return [
      panel(known, axes, {
        title,
        top: largest(known.map(rateOf)),
        legend,
        rate: rateOf,
        spoken: ({ condition }, { text, interval }) => `${condition}: ${title} ${text} ${interval}`,
      }),
    ];
  };
  const panels = [
    ...part("attention of the reader to it in the baseline", ["share"], ({ knockout }) => knockout?.attention.own),
    ...part(
      "change of the reader's state, once it is cut",
      ["change", "÷ norm"],
      ({ knockout }) => knockout?.reader.own,
    ),
  ];
  if (panels.length === 0) return null;
  const subtitle = [
    "attention: share of the reader's row, mean over blocks and heads; change: its size divided by the norm after the last block",
    `means over problems, n = ${run.baseline.n}; brackets: 95 % bootstrap intervals over problems`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      vconcat: panels,
      spacing: 14,
      resolve: { scale: { color: "independent" } },
    },
  );
}

// More columns leave no room for intervals.
const MOST_WIDE = 10;

/** Conditions, and the controls that stand for one of them each: they say for which, or carry its name with their own. */
function parted<Condition extends StudyCondition>(all: readonly Condition[], y = ""): [Condition[], Condition[]] {
  const isApart = (each: StudyCondition): boolean =>
    each.isControl && (each.factors["instead"] !== undefined || String(each.factors[y] ?? "") !== rowOf(each, y));
  return [all.filter((each) => !isApart(each)), all.filter(isApart)];
}

/** Name of the row without the control's own: a heading above the map says it once. */
function rowOf({ factors }: StudyCondition, y: string): string {
  const name = String(factors[y] ?? "");
  const end = `, ${factors["control"]}`;
  return name.endsWith(end) ? name.slice(0, -end.length) : name;
}

function rowsOf(conditions: readonly StudyCondition[], y = ""): string[] {
  return [...new Set(conditions.map((each) => rowOf(each, y)))];
}

function columnsOf(conditions: readonly StudyCondition[], x: string): unknown[] {
  return [...new Set(conditions.map(({ factors }) => factors["instead"] ?? factors[x]))];
}

interface PanelOptions<Condition> {
  readonly title: string;
  readonly top: number;
  /** Of the lowest map that shares its legend. */
  readonly legendRows?: number;
  readonly legend: readonly string[];
  readonly rate: (condition: Condition) => Estimate;
  readonly spoken: (condition: Condition, said: { readonly text: string; readonly interval: string }) => string;
}

function panel<Condition extends StudyCondition>(
  conditions: readonly Condition[],
  { x, y = "", xTitle = x, yTitle = "" }: StoryFigure,
  options: PanelOptions<Condition>,
): FigureSpec {
  const columns = columnsOf(conditions, x);
  const rows = rowsOf(conditions, y);
  const narrow = columns.length > MOST_WIDE;
  const values = conditions.map((condition): HeatCell => {
    const estimate = options.rate(condition);
    const rate = estimate.kind === "value" ? estimate.value : null;
    const interval = intervalText(estimate);
    const short = rate === null ? "" : narrow ? `${Math.round(100 * rate)}` : signed(rate);
    const { factors } = condition;
    return {
      x: factors["instead"] ?? factors[x],
      y: rowOf(condition, y),
      rate,
      text: short,
      interval: narrow ? "" : interval,
      spoken: options.spoken(condition, { text: rate === null ? "" : signed(rate), interval }),
    };
  });
  const { title, top, legend, legendRows } = options;
  const map = {
    values,
    columns,
    rows,
    xTitle,
    yTitle,
    legend,
    width: { step: narrow ? 25 : 52 },
    rowHeight: 27,
    narrow,
  };
  const heading =
    title === "" ? {} : { title: { text: title, fontSize: 8.5, fontWeight: "normal", anchor: "start", offset: 4 } };
  return {
    ...heading,
    ...heatMap({ ...map, top, wrapped: true, ...(legendRows === undefined ? {} : { legendRows }) }),
  };
}

function largest(estimates: readonly Estimate[]): number {
  return estimates.reduce((most, each) => (each.kind === "value" ? Math.max(most, each.value) : most), 0);
}
