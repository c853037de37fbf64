/** Lines and bars of a sweep: a measure's mean along an axis, with intervals and controls. */

import { type FigureExhibit, figureExhibit } from "../../../exhibits/exhibit.js";
import { COLOURS, type FigureSpec, figure, whereKnown } from "../../../exhibits/figure.js";
import { endsOf } from "../../../exhibits/number-text.js";
import type { Estimate } from "../../../statistics/estimate.js";
import type { SweepTable } from "../table.js";
import { axisOf, captionOf, headingOf, measureOf, SERIES_COLOURS, spoken, titleOf } from "./words.js";

/** What is drawn; what is left out is chosen. */
export interface SeriesRequest {
  readonly x?: string;
  readonly value?: string | readonly string[];
  readonly colour?: string;
  readonly title?: string;
}

/** One mark. */
interface Mark {
  readonly x: string | number;
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly series: string;
  readonly spoken: string;
}

/** All marks with what is said of them. */
interface Drawn {
  readonly x: Axis;
  readonly measures: readonly string[];
  readonly marks: readonly Mark[];
  /** In the order of the legend. */
  readonly series: readonly string[];
  readonly controls: readonly string[];
  readonly exhibit: (body: FigureSpec) => FigureExhibit;
}

type Axis = SweepTable["data"]["axes"][number];

const WIDTH = 300;
const HEIGHT = 180;

/** Means along an axis, joined by lines. @throws UsageError for an axis or a measure that is not there. */
export function lineOf(table: SweepTable, request: SeriesRequest): FigureExhibit {
  const drawn = drawnOf(table, request);
  const isNumeric = drawn.x.values.every((value) => typeof value === "number");
  const x = { field: "x", type: isNumeric ? "quantitative" : "ordinal", title: drawn.x.name, ...sortOf(drawn) };
  const dash = {
    condition: { test: { field: "series", oneOf: drawn.controls }, value: [4, 3] },
    value: [1, 0],
  };
  return drawn.exhibit({
    width: WIDTH,
    height: HEIGHT,
    data: { values: drawn.marks },
    encoding: { x, color: colourOf(drawn), description: { field: "spoken" } },
    layer: [
      ...whereKnown(drawn.marks, "low", [
        { mark: { type: "rule", opacity: 0.5 }, encoding: { y: ends(drawn), y2: { field: "high" } } },
      ]),
      { mark: { type: "line", strokeWidth: 1.5 }, encoding: { y: means(drawn), strokeDash: dash } },
      { mark: { type: "point", filled: true, size: 24 }, encoding: { y: means(drawn) } },
    ],
  });
}

/** Means as bars from 0, side by side. @throws UsageError for an axis or a measure that is not there. */
export function barsOf(table: SweepTable, request: SeriesRequest): FigureExhibit {
  const drawn = drawnOf(table, request);
  const x = { field: "x", type: "ordinal", title: drawn.x.name, axis: { labelAngle: 0 }, ...sortOf(drawn) };
  const side = drawn.series.length === 1 ? {} : { xOffset: { field: "series", sort: drawn.series } };
  return drawn.exhibit({
    width: { step: drawn.series.length === 1 ? 26 : 14 },
    height: HEIGHT,
    data: { values: drawn.marks },
    encoding: { x, ...side, description: { field: "spoken" } },
    layer: [
      { mark: { type: "bar" }, encoding: { y: means(drawn), color: colourOf(drawn) } },
      ...whereKnown(drawn.marks, "low", [
        { mark: { type: "rule", color: COLOURS.ink }, encoding: { y: ends(drawn), y2: { field: "high" } } },
      ]),
    ],
  });
}

function drawnOf(table: SweepTable, { value, colour, ...request }: SeriesRequest): Drawn {
  const asked = typeof value === "object" ? value : [value];
  const measures = asked.map((each) => measureOf(table, each));
  const x = axisOf(table, request.x, {
    place: request.x === undefined && colour === table.data.axes[0]?.name ? 1 : 0,
    as: "x",
  });
  const other = table.data.axes.find(({ name }) => name !== x.name);
  const by =
    colour === undefined
      ? measures.length === 1
        ? other
        : undefined
      : axisOf(table, colour, { place: 1, as: "colour" });
  const controls = table.control === null ? table.controls.filter((name) => name !== "identity") : [];
  const groups = [
    ...measures.flatMap((measure) => seriesOf(table, { x, by, measure, prefix: measures.length > 1 })),
    // A control has no second colour: it is the mean over the other axis.
    ...controls.flatMap((name) =>
      measures.flatMap((measure) =>
        seriesOf(table.of(name), { x, by: undefined, measure, prefix: measures.length > 1, name }),
      ),
    ),
  ];
  const title = request.title ?? headingOf(measures, [x.name]);
  const series = [...new Set(groups.map(({ series: name }) => name))];
  const run = { protocol: table.data.model.protocol, testMode: false };
  const subtitle = [
    `means over n = ${table.data.problems.length} problems, ${table.data.model.name}; rules: 95 % intervals`,
    ...(controls.length === 0
      ? []
      : [`control: ${controls.join(", ")}${by === undefined ? "" : `, mean over ${by.name}`}`]),
  ];
  return {
    ...{ x, measures, marks: groups, series },
    controls: series.filter((name) => controls.some((control) => name.startsWith(control))),
    exhibit: (body) =>
      figureExhibit({
        key: "",
        title,
        spec: figure({ title, subtitle, run }, body),
        caption: captionOf(table, { measures, drawn: [x.name, ...(by === undefined ? [] : [by.name])] }),
      }),
  };
}

interface SeriesPart {
  readonly x: Axis;
  readonly by: Axis | undefined;
  readonly measure: string;
  /** Whether the measure's name is part of the series'. */
  readonly prefix: boolean;
  /** Of a control. */
  readonly name?: string;
}

function seriesOf(table: SweepTable, { x, by, measure, prefix, name }: SeriesPart): Mark[] {
  const others =
    by === undefined
      ? [{ cell: {}, said: "" }]
      : by.values.map((each) => ({ cell: { [by.name]: each }, said: `${by.name} ${each}` }));
  return others.flatMap(({ cell, said }) =>
    x.values.flatMap((place): Mark[] => {
      const some = { ...cell, [x.name]: place };
      if (!table.has(some)) return [];
      const series = [name ?? "", prefix ? measure : "", said].filter((part) => part !== "").join(", ");
      const estimate = table.interval(measure, some);
      return [
        {
          x: typeof place === "boolean" ? String(place) : place,
          ...numbersOf(estimate),
          series: series === "" ? measure : series,
          spoken: spoken([`${x.name} ${place}`, series].filter((part) => part !== "").join(", "), estimate),
        },
      ];
    }),
  );
}

function numbersOf(estimate: Estimate): Pick<Mark, "mean" | "low" | "high"> {
  if (estimate.kind === "undefined") return { mean: null, low: null, high: null };
  const [low, high] = endsOf(estimate) ?? [null, null];
  return { mean: estimate.value, low, high };
}

function sortOf({ x }: Drawn): { readonly sort?: readonly unknown[] } {
  return x.values.every((value) => typeof value === "number") ? {} : { sort: x.values };
}

function means({ measures }: Drawn): FigureSpec {
  return { field: "mean", type: "quantitative", title: measures.length === 1 ? titleOf(measures[0] ?? "") : "mean" };
}

function ends(drawn: Drawn): FigureSpec {
  return { ...means(drawn), field: "low" };
}

/** Each series a colour, controls in grey; a single one needs no legend. */
function colourOf({ series, controls }: Drawn): FigureSpec {
  const effects = series.filter((name) => !controls.includes(name));
  const palette = effects.map((_, i) => SERIES_COLOURS[i % SERIES_COLOURS.length] ?? COLOURS.blue);
  return {
    field: "series",
    type: "nominal",
    title: null,
    sort: series,
    scale: { domain: [...effects, ...controls], range: [...palette, ...controls.map(() => "#8a8a8a")] },
    ...(series.length === 1 ? { legend: null } : {}),
  };
}
