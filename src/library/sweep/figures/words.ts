/** What the figures of a sweep say in words: titles, axes, captions. */

import { UsageError } from "../../../base/errors.js";
import { didYouMean } from "../../../base/nearest.js";
import { COLOURS } from "../../../exhibits/figure.js";
import { counted, signed, small, smallIntervalText } from "../../../exhibits/number-text.js";
import type { Estimate } from "../../../statistics/estimate.js";
import type { SweepTable } from "../table.js";

/** Measures as they are called beside an axis. */
const TITLES: Readonly<Record<string, string>> = {
  correct: "share right",
  broken: "share of right answers that turn wrong",
  mended: "share of wrong answers that turn right",
  logProb: "log-probability of the expected answer, nats",
  deltaLogProb: "change of the expected answer's log-probability, nats",
  kl: "KL from the baseline at the number, nats",
  margin: "margin at the answer's number, logits",
};

/** Okabe and Ito's colours, distinct under any colour vision. */
export const SERIES_COLOURS: readonly string[] = [
  ...[COLOURS.blue, COLOURS.orange, COLOURS.green],
  ...["#CC79A7", "#E69F00", "#56B4E9", "#F0E442", COLOURS.ink],
];

/** What a measure is called beside an axis, with its unit. */
export function titleOf(measure: string): string {
  return TITLES[measure] ?? measure;
}

/** The same above a figure, without the unit. */
export function headingOf(measures: readonly string[], by: readonly string[]): string {
  const named = measures.map((each) => titleOf(each).replace(/, (?:nats|logits)$/, "")).join("; ");
  return by.length === 0 ? named : `${named} by ${by.join(" and ")}`;
}

/** Whether a measure's values are truth values only, so that its mean is a share. */
export function isShare(table: SweepTable, measure: string): boolean {
  const values = [table, ...table.controls.map((name) => table.of(name))].flatMap((each) =>
    each.cells.flatMap((cell) => table.values(measure, cell)),
  );
  return values.some((value) => typeof value === "boolean") && values.every((value) => typeof value !== "number");
}

/** The measure that was asked for, or the first that has a mean. @throws UsageError where there is none. */
export function measureOf(table: SweepTable, asked?: string): string {
  const { measures } = table.data;
  const has = (name: string): boolean =>
    table.cells.some((cell) =>
      table.values(name, cell).some((value) => typeof value === "number" || typeof value === "boolean"),
    );
  const found = asked ?? measures.find(has);
  if (found === undefined)
    throw new UsageError("No measure of the sweep has a mean to draw", 'measure "correct", "logProb" or "kl" too');
  if (!measures.includes(found))
    throw new UsageError(
      `The sweep has no measure "${found}"${didYouMean(found, measures)}`,
      `it has ${measures.join(", ")}`,
    );
  return found;
}

/** The axis that was asked for, or one by its place. @throws UsageError where it is not there. */
export function axisOf(
  table: SweepTable,
  asked: string | undefined,
  { place, as }: { readonly place: number; readonly as: string },
): SweepTable["data"]["axes"][number] {
  const { axes } = table.data;
  const found = asked === undefined ? axes[place] : axes.find(({ name }) => name === asked);
  if (found !== undefined) return found;
  const names = axes.map(({ name }) => name);
  throw new UsageError(
    asked === undefined
      ? `The sweep has ${axes.length === 1 ? "one axis" : `${axes.length} axes`}, and the figure needs one for ${as}`
      : `The sweep has no axis "${asked}"${didYouMean(asked, names)}`,
    asked === undefined ? "sweep over one more list, or draw line() or bars()" : `its axes are ${names.join(", ")}`,
  );
}

/** `0.30`, and `1.5e−3` for what two decimals do not show. */
export function numberText({ value }: { readonly value: number }): string {
  return Math.abs(value) >= 0.005 || value === 0 ? signed(value) : small(value);
}

/** `layer 3, latent 2: 0.30 [0.12, 0.55], n = 20`. */
export function spoken(name: string, estimate: Estimate): string {
  if (estimate.kind === "undefined") return `${name}: nothing was measured`;
  const interval = smallIntervalText(estimate);
  return `${name}: ${numberText(estimate)}${interval === "" ? "" : ` ${interval}`}, n = ${estimate.n}`;
}

/** What every caption says: problems, intervals, axes that were averaged over, and runs that failed. */
export function captionOf(
  table: SweepTable,
  { measures, drawn }: { readonly measures: readonly string[]; readonly drawn: readonly string[] },
): string {
  const { problems, failed, axes, model } = table.data;
  const over = axes.filter(({ name, values }) => !drawn.includes(name) && values.length > 1);
  const lines = [
    `${measures.map(titleOf).join("; ")}: means over n = ${counted(problems.length, "problem")} of ${model.name}`,
    measures.some((name) => isShare(table, name)) && over.length === 0
      ? "intervals are 95 %: Wilson for shares, bootstrap over problems for means"
      : "intervals are 95 %, bootstrap over problems",
    ...over.map(({ name, values }) => `mean over ${values.length} values of ${name}`),
    ...(failed.length === 0 ? [] : [`${counted(failed.length, "run")} failed and count nowhere`]),
  ];
  return `${lines.join(". ")}.`;
}
