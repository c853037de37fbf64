/** From rounds to the lines of a section. */

import { COLOURS, CONFIG, type FigureSpec } from "../src/exhibits/figure.js";
import type { Rounds, Timing } from "./rounds.mjs";
import { digits, gib, secondsText, type Target, table } from "./table.mjs";

/** One line a case: our time, and each other's with its ratio; other numbers than ours are marked. */
export function timingTable(rounds: Rounds, labels: ReadonlyMap<string, string>): string[] {
  const names = contendersOf(rounds);
  const others = names.filter((name) => name !== "ours");
  const rows = [...labels].map(([key, label]) => {
    const byName = rounds.timings.get(key);
    const ours = byName?.get("ours");
    return [
      label,
      ours === undefined ? "–" : secondsText(ours.seconds),
      ...others.flatMap((name) => cellsOf(byName?.get(name))),
    ];
  });
  return table(["case", "ours", ...others.flatMap((name) => [name, `${name} / ours`])], rows);
}

function cellsOf(timing: Timing | undefined): string[] {
  if (timing === undefined) return ["–", "–"];
  const { seconds, ratio, tokens } = timing;
  const mark = tokens.differ === 0 ? "" : ` **other numbers: ${tokens.differ} of ${tokens.of} tokens**`;
  return [`${secondsText(seconds)}${mark}`, digits(ratio.median)];
}

/** Who took part, in the order of the first case. */
export function contendersOf({ timings }: Rounds): string[] {
  return [...new Set([...timings.values()].flatMap((byName) => [...byName.keys()]))];
}

/** Versions, who was absent, and how many tokens were compared. */
export function aboutLines({ versions, absent, timings, peaks }: Rounds): string[] {
  const who = [...versions].map(([name, version]) => `${name}: ${version}, peak ${gib(peaks.get(name) ?? 0)}`);
  const all = [...timings.values()].flatMap((byName) => [...byName].filter(([name]) => name !== "ours"));
  const compared = all.reduce((sum, [, { tokens }]) => sum + tokens.of, 0);
  const differ = all.reduce((sum, [, { tokens }]) => sum + tokens.differ, 0);
  return [
    `${who.join("; ")}.`,
    ...(all.length === 0 ? [] : ["", `Greedy tokens compared with ours: ${compared}, of which ${differ} differ.`]),
    ...absent.flatMap(({ name, why }) => ["", `Absent: ${name} (${why.replaceAll("\n", " ")}).`]),
  ];
}

/** Median ratio of a contender in a case; NaN where it took no part or gave other numbers. */
export function ratioIn(rounds: Rounds, key: string, name: string): number {
  const timing = rounds.timings.get(key)?.get(name);
  return timing === undefined || timing.tokens.differ > 0 ? Number.NaN : timing.ratio.median;
}

/** Median seconds of a contender in a case; NaN where there are none. */
export function secondsIn(rounds: Rounds, key: string, name = "ours"): number {
  return rounds.timings.get(key)?.get(name)?.seconds.median ?? Number.NaN;
}

/** What our process held at most, beyond its weights in float32. @param most gigabytes. */
export function memoryTarget(
  { peaks, parameters }: Rounds,
  { what, most }: { readonly what: string; readonly most: number },
): Target {
  const bytes = (peaks.get("ours") ?? Number.NaN) - 4 * (parameters ?? Number.NaN);
  return { what, wanted: most, sense: "at most", unit: " GB", measured: bytes / 1e9 };
}

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

/** A figure of the bench, in the style of the report's. */
export function benchFigure(title: string, subtitle: readonly string[], body: FigureSpec): FigureSpec {
  return { $schema: SCHEMA, config: CONFIG, title: { text: title, subtitle }, padding: 10, ...body };
}

/** The figure with its machine in the subtitle: a figure may be shown far from its section. */
export function measuredOn(machine: string, spec: FigureSpec): FigureSpec {
  const { text, subtitle } = spec["title"] as { readonly text: string; readonly subtitle: readonly string[] };
  return { ...spec, title: { text, subtitle: [...subtitle, `measured on ${machine}`] } };
}

/** One bar or point of a figure of ratios. */
export interface RatioRow {
  readonly label: string;
  readonly contender: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const PALETTE = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.grey] as const;

/** How many times as long as ours the others take: points with the range of rounds on a logarithmic axis; 1 is drawn. */
export function ratioFigure(title: string, subtitle: readonly string[], rows: readonly RatioRow[]): FigureSpec {
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const y = { field: "label", type: "nominal", title: null, sort: null, axis: { labelLimit: 240 } };
  const scale = { type: "log", nice: false, domain: domainOf(rows.flatMap(({ low, high }) => [low, high, 1])) };
  const axisTitle = "times our time (right of 1: ours is faster)";
  const x = { type: "quantitative", title: axisTitle, scale, axis: { tickCount: 6, format: "~g" } };
  const offset = { field: "contender", type: "nominal", sort: contenders };
  const colour = {
    field: "contender",
    type: "nominal",
    title: null,
    sort: contenders,
    scale: { domain: contenders, range: PALETTE.slice(0, contenders.length) },
    legend: contenders.length > 1 ? { orient: "top" } : null,
  };
  return benchFigure(title, subtitle, {
    width: 380,
    height: { step: contenders.length > 1 ? 11 : 20 },
    data: { values: rows.map((row) => ({ ...row, text: digits(row.ratio) })) },
    layer: [
      {
        mark: { type: "rule", strokeDash: [3, 3], color: COLOURS.grey },
        encoding: { x: { datum: 1, ...x } },
      },
      {
        mark: { type: "rule", strokeWidth: 1.2 },
        encoding: { x: { field: "low", ...x }, x2: { field: "high" }, y, yOffset: offset, color: colour },
      },
      {
        mark: { type: "point", filled: true, opacity: 1, size: 30 },
        encoding: { x: { field: "ratio", ...x }, y, yOffset: offset, color: colour },
      },
      {
        mark: { type: "text", align: "left", dx: 6, fontSize: 7, dy: -5 },
        encoding: { x: { field: "ratio", ...x }, y, yOffset: offset, text: { field: "text" } },
      },
    ],
  });
}

/** Room for what is written beside the last point. */
function domainOf(values: readonly number[]): [number, number] {
  const finite = values.filter((value) => Number.isFinite(value) && value > 0);
  return [Math.min(...finite) / 1.3, Math.max(...finite) * 1.6];
}

/** Rows of a ratio figure from rounds, for contenders that gave our numbers. */
export function ratioRows(rounds: Rounds, labels: ReadonlyMap<string, string>): RatioRow[] {
  return [...labels].flatMap(([key, label]) =>
    [...(rounds.timings.get(key) ?? [])].flatMap(([contender, { ratio, tokens }]) =>
      contender === "ours" || tokens.differ > 0
        ? []
        : [{ label, contender, ratio: ratio.median, low: ratio.least, high: ratio.most }],
    ),
  );
}
