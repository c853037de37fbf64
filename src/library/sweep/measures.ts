/** What a sweep measures of each record, by name or by a script's own function. */

import { createHash } from "node:crypto";
import { BadInputError, UsageError } from "../../base/errors.js";
import { didYouMean } from "../../base/nearest.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { OkRecord } from "../../records/record.js";
import type { BuiltInMeasure, BuiltInMeasures, Measure, OwnMeasure } from "./spec.js";

/** What stands in a row. */
export type Value = string | number | boolean | null;

type Reader = (record: OkRecord, baseline: OkRecord) => Value;

const BUILT_IN: { readonly [Name in BuiltInMeasure]: (record: OkRecord, baseline: OkRecord) => BuiltInMeasures[Name] } =
  {
    correct: ({ answer }) => answer.correct,
    broken: ({ answer }, baseline) => (baseline.answer.correct ? !answer.correct : null),
    mended: ({ answer }, baseline) => (baseline.answer.correct ? null : answer.correct),
    logProb: ({ measures }) => measures.expectedLogProb,
    deltaLogProb: ({ measures }) => measures.deltaExpectedLogProb,
    kl: ({ measures }) => measures.klAtNumber,
    margin: ({ measures }) => measures.marginAtNumber,
    answer: ({ answer }) => answer.text,
    predicted: ({ answer }) => answer.predicted,
  };

/** Names of the measures that every sweep knows. */
const BUILT_IN_NAMES = Object.keys(BUILT_IN) as readonly BuiltInMeasure[];

/** Those that compare with the baseline. */
const COMPARED: readonly string[] = ["broken", "mended", "deltaLogProb", "kl"];

/** What is measured where nothing is said. */
export const DEFAULT_MEASURES: readonly Measure[] = ["correct", "logProb", "kl"];

/** Whether a measure compares a run with the baseline, which then has none. */
export function isCompared(name: string): boolean {
  return COMPARED.includes(name);
}

/** @throws UsageError for a name that is none, and for two of one name. */
export function checkMeasures(measures: readonly Measure[]): void {
  const names = measures.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UsageError(`measure names "${twice}" twice`, "give each measure a name of its own");
  for (const each of measures) {
    if (typeof each !== "string" && typeof each.of !== "function")
      throw new UsageError(`measure "${each.name}" has no function of`, "write { name, of: (run, baseline) => … }");
    // What compares with the baseline is treated as such by its name.
    if (typeof each !== "string" && isCompared(each.name))
      throw new UsageError(`measure "${each.name}" has the name of a built-in one`, "choose another name");
    if (typeof each === "string" && !isBuiltIn(each))
      throw new UsageError(
        `There is no measure "${each}"${didYouMean(each, BUILT_IN_NAMES)}`,
        `the built-in ones are ${BUILT_IN_NAMES.join(", ")}; any other is { name, of: (run) => … }`,
      );
  }
}

/** What a measure is called. */
export function nameOf(measure: Measure): string {
  return typeof measure === "string" ? measure : measure.name;
}

function isBuiltIn(name: string): name is BuiltInMeasure {
  return Object.hasOwn(BUILT_IN, name);
}

/** Those that are functions of a script. */
export function ownMeasures(measures: readonly Measure[]): OwnMeasure[] {
  return measures.flatMap((each) => (typeof each === "string" ? [] : [each]));
}

/** A run beside the same problem's run without intervention. */
export interface MeasuredPair {
  readonly run: RunResult;
  readonly baseline: RunResult;
}

/** The values of the script's own measures for one run. @throws BadInputError naming the measure and what it gave. */
export function measuredBy(
  measures: readonly OwnMeasure[],
  pair: MeasuredPair,
): Record<string, number | boolean | null> {
  return Object.fromEntries(measures.map((each) => [each.name, measuredOnce(each, pair)]));
}

function measuredOnce({ name, of }: OwnMeasure, { run, baseline }: MeasuredPair): number | boolean | null {
  const found: unknown = of(run, baseline);
  if (found === null || typeof found === "boolean" || (typeof found === "number" && Number.isFinite(found)))
    return found;
  throw new BadInputError(
    `Measure "${name}" gave ${typeof found === "number" ? found : found === undefined ? "nothing" : `a ${typeof found}`}, wanted a finite number, a truth value or null`,
    "return null where there is nothing to measure",
  );
}

/** What a record says, in the order of the measures' names. @param study under whose name the script's own values are kept. */
export function valuesOf(
  names: readonly string[],
  { record, baseline, study }: { readonly record: OkRecord; readonly baseline: OkRecord; readonly study: string },
): Value[] {
  const own = record.kept?.[study] ?? {};
  return names.map((name) => {
    // A script's own measure stands before a built-in one of its name.
    if (!isBuiltIn(name) || Object.hasOwn(own, name)) return (own[name] ?? null) as Value;
    if (record === baseline && isCompared(name)) return null;
    const read: Reader = BUILT_IN[name];
    return read(record, baseline);
  });
}

/** `margin=1a2b3c4d`: a measure with the hash of its function's text, so that a changed one is not taken for the same. */
export function measureTexts(measures: readonly Measure[]): string[] {
  return measures.map((each) => (typeof each === "string" ? each : `${each.name}=${hashOfFunction(each.of)}`));
}

/** Eight hex digits of the function's text. */
export function hashOfFunction(of: (...given: never[]) => unknown): string {
  return createHash("sha256").update(String(of)).digest("hex").slice(0, 8);
}
